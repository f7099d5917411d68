from __future__ import annotations

import pytest

from rehearsal.engine.wire import Properties, Secret, Value
from tests.policies.judging import Judge, container, every_kind, pod_spec

RULE = "workload-no-privilege"
KINDS = [type_ for type_, _ in every_kind({})]


def _inputs(type_: str, spec: Value) -> Properties:
    return dict(every_kind(spec))[type_]


@pytest.mark.parametrize("type_", KINDS)
def test_a_harmless_pod_passes_in_every_kind(production: Judge, type_: str) -> None:
    assert production.violations(type_, _inputs(type_, pod_spec())) == []


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("switch", ["hostPID", "hostIPC", "hostNetwork"])
def test_a_namespace_of_the_node_is_refused_in_every_kind(production: Judge, type_: str, switch: str) -> None:
    found = production.findings(RULE, type_, _inputs(type_, pod_spec(**{switch: True})))
    assert [line for line in found if line.split(" ")[0].endswith(f"spec.{switch}")] == found
    assert len(found) == 1


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("place", ["containers", "initContainers", "ephemeralContainers"])
def test_a_privileged_container_is_refused_in_every_kind_and_list(production: Judge, type_: str, place: str) -> None:
    spec = pod_spec(**{place: [container(), container(securityContext={"privileged": True})]})
    found = production.findings(RULE, type_, _inputs(type_, spec))
    assert len(found) == 1
    assert f"{place}[1].securityContext.privileged gives the container every right" in found[0]


def test_a_host_namespace_is_refused_in_a_patch_that_names_no_container(production: Judge) -> None:
    inputs: Properties = {"kind": "Deployment", "spec": {"template": {"spec": {"hostNetwork": True}}}}
    assert len(production.findings(RULE, "kubernetes:apps/v1:DeploymentPatch", inputs)) == 1


def test_a_privileged_container_inside_a_secret_is_still_seen(production: Judge) -> None:
    spec = pod_spec(containers=[container(securityContext=Secret({"privileged": True}))])
    assert len(production.findings(RULE, "kubernetes:core/v1:Pod", _inputs("kubernetes:core/v1:Pod", spec))) == 1


def test_one_bad_container_hides_no_other(production: Judge) -> None:
    bad = container(securityContext={"privileged": True})
    spec = pod_spec(hostIPC=True, containers=[bad, "nonsense", bad], initContainers=[bad])
    found = production.findings(RULE, "kubernetes:batch/v1:CronJob", _inputs("kubernetes:batch/v1:CronJob", spec))
    assert len(found) == 5


@pytest.mark.parametrize(
    "spec",
    [
        pod_spec(hostPID="true"),
        pod_spec(containers="api"),
        pod_spec(containers={"api": container()}),
        pod_spec(containers=[container(securityContext="privileged")]),
        pod_spec(containers=[container(securityContext={"privileged": 1})]),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(production: Judge, spec: Properties) -> None:
    inputs = _inputs("kubernetes:core/v1:Pod", spec)
    assert "doesn't have the type" in production.findings(RULE, "kubernetes:core/v1:Pod", inputs)[0]


def test_an_object_whose_own_kind_is_another_than_its_types_is_looked_into(production: Judge) -> None:
    inputs: Properties = {"kind": "Pod", "spec": pod_spec(hostPID=True)}
    assert len(production.findings(RULE, "kubernetes:core/v1:ConfigMap", inputs)) == 1


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        ("kubernetes:core/v1:ConfigMap", {"kind": "ConfigMap", "data": {"containers": "none", "hostPID": "true"}}),
        (
            "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
            {
                "kind": "CustomResourceDefinition",
                "spec": {"versions": [{"properties": {"hostPID": {"type": "boolean"}}}]},
            },
        ),
        ("random:index/randomPassword:RandomPassword", {"containers": "none"}),
    ],
)
def test_fields_that_only_look_like_a_pods_are_left_alone(production: Judge, type_: str, inputs: Properties) -> None:
    assert production.findings(RULE, type_, inputs) == []
