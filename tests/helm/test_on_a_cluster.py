"""The chart on a real API server, with its autoscaler, Pod Security, evictions and rolling updates."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from tests.helm.cluster import ROUTER, Slot, small
from tests.helm.rendering import MCP_PORTS, RELEASE, WORKLOADS, Chart, Json, Rendered, changed, production_values
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.control_plane import ControlPlane


@pytest.fixture
def cluster(control_plane: ControlPlane, helm: Path) -> Iterator[Slot]:
    """An empty slot of the test's own."""
    slot = Slot(
        namespace=f"chart-{secrets.token_hex(4)}",
        helm=helm,
        kubectl=control_plane.binary("kubectl"),
        kubeconfig=control_plane.kubeconfig,
    )
    slot.create()
    yield slot
    slot.delete()


def test_the_server_accepts_every_object_and_warns_of_none(cluster: Slot, slot: Rendered) -> None:
    bodies = [manifest.body for manifest in slot.objects.values()]
    for body in bodies:
        cast("dict[str, dict[str, Json]]", body)["metadata"]["namespace"] = cluster.namespace
    options = ("--dry-run=server", "--validate=strict", "--warnings-as-errors")
    done = cluster.apply(yaml.safe_dump_all(bodies), *options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_namespace_that_enforces_restricted_admits_the_pods(cluster: Slot) -> None:
    cluster.install(production_values())
    for name in WORKLOADS:
        eventually(lambda name=name: cluster.ready(name) > 0, f"a ready pod of {name}")


def test_the_same_namespace_refuses_a_pod_that_keeps_its_capabilities(cluster: Slot, slot: Rendered) -> None:
    pod = slot("Deployment").pod.mapped("spec")
    capable = {key: value for key, value in container_security(pod).items() if key != "capabilities"}
    spec = changed(pod, ("containers", 0, "securityContext"), to=capable)
    outcomes: list[str] = []
    for body in (pod, spec):
        bare: dict[str, Json] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "x"},
            "spec": without_spread(body),
        }
        outcomes.append(cluster.apply(yaml.safe_dump(bare), "--dry-run=server").stderr)
    assert outcomes[0] == ""
    assert 'violates PodSecurity "restricted:latest"' in outcomes[1]


def container_security(pod: dict[str, Json]) -> dict[str, Json]:
    [container] = cast("list[dict[str, dict[str, Json]]]", pod["containers"])
    return container["securityContext"]


def without_spread(pod: dict[str, Json]) -> dict[str, Json]:
    """matchLabelKeys is for pods that have a ReplicaSet."""
    return {key: value for key, value in pod.items() if key != "topologySpreadConstraints"}


def test_the_autoscaler_brings_the_minimum_and_each_service_leads_to_all_of_them(cluster: Slot) -> None:
    cluster.install(production_values())
    for name in WORKLOADS:
        minimum, port = (3, 8080) if name == RELEASE else (2, MCP_PORTS[name])
        eventually(lambda name=name, minimum=minimum: cluster.ready(name) == minimum, f"{minimum} ready pods of {name}")
        eventually(lambda name=name, minimum=minimum: len(cluster.addresses(name)) == minimum, f"endpoints of {name}")
        assert {address.rpartition(":")[2] for address in cluster.addresses(name)} == {str(port)}


def test_an_upgrade_leaves_the_autoscalers_choice_alone(cluster: Slot) -> None:
    cluster.install(small())
    eventually(lambda: cluster.ready() == 3, "3 ready pods")
    cluster.scale(7)
    before = cluster.pods()
    cluster.install(small((("image", "tag"), "v1.2.4")))
    assert cluster.deployment().at("spec", "replicas") == 7
    eventually(lambda: len(cluster.pods()) == 7, "7 pods")
    assert not before & cluster.pods()


def test_a_raised_minimum_brings_more_pods_without_replacing_any(cluster: Slot) -> None:
    cluster.install(small())
    eventually(lambda: cluster.ready() == 3, "3 ready pods")
    before = cluster.pods()
    cluster.install(small((("replicas", "min"), 5)))
    eventually(lambda: cluster.ready() == 5, "5 ready pods, the guide's scale-out")
    assert before < cluster.pods()


def test_a_shutdown_leaves_no_pod_and_its_end_brings_them_all_back(cluster: Slot) -> None:
    cluster.install(small())
    cluster.install(small((("shutdown",), True)))
    for name in (RELEASE, ROUTER):
        eventually(lambda name=name: not cluster.pods(name), f"no pod of {name}")
    assert cluster.items("horizontalpodautoscalers") == []
    assert cluster.items("poddisruptionbudgets") == []
    cluster.install(small())
    for name in (RELEASE, ROUTER):
        minimum = 3 if name == RELEASE else 2
        eventually(lambda name=name, minimum=minimum: cluster.ready(name) == minimum, f"{minimum} ready pods of {name}")


def test_a_change_of_config_replaces_the_apis_pods_and_no_others(cluster: Slot) -> None:
    cluster.install(small())
    eventually(lambda: cluster.ready() == 3, "3 ready pods")
    eventually(lambda: cluster.ready(ROUTER) == 2, "2 ready pods of router-mcp")
    before = {name: cluster.pods(name) for name in (RELEASE, ROUTER)}
    cluster.install(small((("config", "CACHE_ENABLED"), "false")))
    assert not before[RELEASE] & cluster.pods()
    assert before[ROUTER] == cluster.pods(ROUTER)


def test_an_edited_chart_makes_a_revision_and_replaces_no_pod(cluster: Slot) -> None:
    cluster.install(small())
    eventually(lambda: cluster.ready() == 3, "3 ready pods")
    pods, revision = cluster.pods(), cluster.revision()
    cluster.install(small((("chartDigest",), "b" * 64)))
    assert cluster.revision() == revision + 1
    assert cluster.pods() == pods


def test_an_image_that_never_gets_ready_is_rolled_back_and_takes_no_pod_with_it(cluster: Slot) -> None:
    cluster.install(small())
    eventually(lambda: cluster.ready() == 3, "3 ready pods")
    before, image = cluster.pods(), cluster.deployment().container.at("image")
    done = cluster.upgrade(small((("image", "tag"), "v2-never-ready")), seconds=5)
    assert done.returncode != 0
    assert "rolled back due to atomic" in done.stderr
    assert cluster.deployment().container.at("image") == image
    eventually(lambda: cluster.pods() == before, "the pods from before, and no others")


@pytest.mark.parametrize("minimum", [1, 3])
def test_a_drain_may_take_a_pod_whatever_the_minimum(cluster: Slot, minimum: int) -> None:
    cluster.install(small((("replicas", "min"), minimum)))
    eventually(lambda: cluster.ready() == minimum, f"{minimum} ready pods")
    eventually(lambda: cluster.disruptions_allowed() == 1, "one disruption allowed")
    pod = min(cluster.pods())
    done = cluster.evict(pod)
    assert done.returncode == 0, done.stderr
    eventually(lambda: pod not in cluster.pods() and cluster.ready() == minimum, "another pod in its place")


def test_values_that_the_schema_refuses_leave_the_release_as_it_is(cluster: Slot, chart: Chart) -> None:
    cluster.install(small())
    revision = cluster.revision()
    wrong = small((("image", "tag"), "latest"))
    assert cluster.upgrade(wrong).returncode != 0
    assert "/image/tag" in chart.refusal(wrong)
    assert cluster.revision() == revision
