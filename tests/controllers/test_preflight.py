"""What a cluster lacks is named before anything is made, on the rehearsal's real API server."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from components.controllers import needs
from components.preflight import Api, Found, Need, look, missing
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.program import Config
from rehearsal.engine.record import Known, Recording, record
from rehearsal.project import Project
from runbook.cli import main
from tests import planes
from tests.stacks.recorded import ROOT, UP, live, on_the_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTEXT: Final = "stratmaster"
ALL: Final = tuple(each for each in vars(needs).values() if isinstance(each, Need))
LOST: Final = (
    "certificates.cert-manager.io",
    "prometheusrules.monitoring.coreos.com",
    "referencegrants.gateway.networking.k8s.io",
    "sealedsecrets.bitnami.com",
)
SERVED: Final = frozenset(api for need in ALL for api in need.serves)


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """A control plane of this file's own: what plays the controllers doesn't get over the loss of a definition."""
    with planes.running("preflight") as made:
        yield made


def recorded(stack: str, kubeconfig: Path, **changes: object) -> Recording:
    """A stack recorded as against a cluster that can be asked."""
    project = Project.find(ROOT)
    committed = project.config(stack)
    texts = {f"stratmaster:{key}": json.dumps(value) for key, value in changes.items()}
    config = Config(values={**committed.values, **texts}, kubeconfig=kubeconfig)
    return record(ROOT, project.name, stack, config, Known(stacks=UP, objects=live()))


def kubectl(plane: ControlPlane, *arguments: str, given: str | None = None) -> str:
    command = [plane.binary("kubectl"), f"--kubeconfig={plane.kubeconfig}", *arguments]
    return subprocess.run(command, input=given, check=True, capture_output=True, text=True).stdout


def deployment(name: str, labels: dict[str, str], image: str) -> str:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "one", "image": image}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": name, "namespace": "default", "labels": labels}
    return json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})


@pytest.mark.parametrize("need", ALL, ids=lambda need: need.title)
def test_each_controller_that_serves_nothing_is_named_with_what_to_do(need: Need) -> None:
    for api in need.serves:
        (problem,) = missing([need], Found(served=SERVED - {api}, images={}), CONTEXT)
        assert problem.what == (
            f"{need.title} is missing: the cluster of context stratmaster serves no {api.resource} of {api.version}."
        )
        assert "docs/controllers.md" in problem.mend
        assert (f"stratmaster:controllers.{need.setting} to install" in problem.mend) == bool(need.setting)
    assert not missing([need], Found(served=SERVED, images={}), CONTEXT)


def test_all_that_is_missing_is_told_at_once() -> None:
    told = missing(ALL, Found(served=frozenset(), images={}), CONTEXT)
    assert [each.what.split(" is missing")[0] for each in told] == [need.title for need in ALL]


@pytest.mark.parametrize(
    ("need", "image", "new_enough"),
    [
        (needs.SEALED_SECRETS, "docker.io/bitnami/sealed-secrets-controller:v0.17.5", False),
        (needs.SEALED_SECRETS, "quay.io/bitnami/sealed-secrets-controller:0.9.8", False),
        (needs.SEALED_SECRETS, "quay.io/bitnami/sealed-secrets-controller:v0.18.0", True),
        (needs.SEALED_SECRETS, "registry:5000/sealed-secrets-controller:1.0.0@sha256:aa", True),
        (needs.SEALED_SECRETS, "docker.io/bitnami/sealed-secrets-controller@sha256:aa", True),
        (needs.SEALED_SECRETS, "example.com/another:v0.1.0", True),
        (needs.CERT_MANAGER, "quay.io/jetstack/cert-manager-controller:v1.14.9", False),
        (needs.CERT_MANAGER, "quay.io/jetstack/cert-manager-controller:v1.15.0", True),
        (needs.CLOUD_NATIVE_PG, "ghcr.io/cloudnative-pg/cloudnative-pg:1.25.1", False),
        (needs.CLOUD_NATIVE_PG, "ghcr.io/cloudnative-pg/cloudnative-pg:1.26.0-debian", True),
    ],
)
def test_a_controller_below_its_floor_is_named_with_its_image(need: Need, image: str, new_enough: bool) -> None:  # noqa: FBT001 - a case
    assert need.floor is not None
    told = missing([need], Found(served=SERVED, images={need.floor.selectors[-1]: (image,)}), CONTEXT)
    assert bool(told) != new_enough
    if told:
        assert told[0].what.startswith(f"{need.title} is too old: the cluster of context stratmaster runs {image}")


def test_a_real_cluster_says_what_it_serves(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    found = look(CONTEXT, ALL)
    assert found is not None
    assert {each.title for each in ALL if missing([each], found, CONTEXT)} == {"metrics-server"}


@pytest.mark.parametrize(
    "labels",
    [{"app.kubernetes.io/name": "sealed-secrets"}, {"name": "sealed-secrets-controller"}],
    ids=["its chart's", "the guide's manifest"],
)
def test_an_old_controller_is_found_on_a_real_cluster(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, labels: dict[str, str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    image = "quay.io/bitnami/sealed-secrets-controller:v0.17.0"
    kubectl(plane, "apply", "-f", "-", given=deployment("old", labels, image))
    try:
        found = look(CONTEXT, [needs.SEALED_SECRETS])
    finally:
        kubectl(plane, "delete", "deployment", "old", "-n", "default")
    assert found is not None
    (problem,) = missing([needs.SEALED_SECRETS], found, CONTEXT)
    assert "sealed-secrets is too old" in problem.what
    assert "below 0.18" in problem.what


@pytest.mark.parametrize("stack", ["production", "blue"])
def test_a_cluster_with_its_controllers_passes(plane: ControlPlane, stack: str) -> None:
    recording = recorded(stack, plane.kubeconfig)
    assert recording.error is None, recording.error
    said = [each.message for each in recording.diagnostics if "metrics-server" in each.message]
    assert len(said) == (1 if stack == "production" else 0)


def test_the_foundation_that_is_missing_is_told_first(plane: ControlPlane) -> None:
    project = Project.find(ROOT)
    config = replace(project.config("blue"), kubeconfig=plane.kubeconfig)
    known = Known(stacks={**UP, "production": {}}, objects=live())
    error = record(ROOT, project.name, "blue", config, known).error
    assert error is not None
    assert error.startswith("The foundation, stack production, isn't up")


@pytest.mark.parametrize("kubeconfig", ["", "nonsense: [", "apiVersion: v1\nkind: Config\n"])
def test_a_cluster_that_cannot_be_asked_is_left_to_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kubeconfig: str
) -> None:
    place = tmp_path / "kubeconfig"
    place.write_text(kubeconfig)
    monkeypatch.setenv("KUBECONFIG", str(place))
    assert look(CONTEXT, ALL) is None


@pytest.mark.parametrize("stack", ["production", "blue", "traffic"])
def test_a_context_that_the_kubeconfig_does_not_have_is_refused_by_name(plane: ControlPlane, stack: str) -> None:
    recording = recorded(stack, plane.kubeconfig, cluster={"context": "stratmastr", "identifier": "stratmaster"})
    assert recording.error is not None
    assert recording.error.splitlines() == [
        "stratmaster:cluster.context is stratmastr, which the kubeconfig doesn't have.",
        "Did you mean stratmaster?",
    ]
    assert {each.type for each in on_the_cluster(recording)} <= {"pulumi:providers:kubernetes"}


def test_an_api_whose_server_is_down_counts_as_none() -> None:
    from components.preflight import _served  # noqa: PLC0415 # pyright: ignore[reportPrivateUsage]  # no aggregated server runs here

    version = {"version": "v1beta1", "resources": [{"resource": "pods"}]}
    answer = {"items": [{"metadata": {"name": "metrics.k8s.io"}, "versions": [version]}]}
    assert _served(answer) == {Api(version="metrics.k8s.io/v1beta1", resource="pods")}
    version["freshness"] = "Stale"
    assert _served(answer) == frozenset()


@pytest.fixture(scope="module")
def bare(plane: ControlPlane) -> Path:
    """The kubeconfig of the cluster once it has lost four definitions. The tests with it are this file's last."""
    kubectl(plane, "delete", "crd", *LOST)
    return plane.kubeconfig


@pytest.mark.parametrize(
    ("stack", "titles"),
    [
        ("production", ["sealed-secrets", "cert-manager", "The Prometheus operator"]),
        ("blue", ["sealed-secrets", "A Gateway API implementation"]),
        ("traffic", ["cert-manager", "The Prometheus operator", "A Gateway API implementation"]),
    ],
)
def test_a_stack_is_refused_before_anything_is_registered(bare: Path, stack: str, titles: list[str]) -> None:
    recording = recorded(stack, bare)
    assert recording.error is not None
    lines = recording.error.splitlines()
    assert [line.split(" is missing: the cluster of context stratmaster")[0] for line in lines[::2]] == titles
    assert all("docs/controllers.md" in line for line in lines[1::2])
    assert {each.type for each in on_the_cluster(recording)} <= {"pulumi:providers:kubernetes"}


def test_a_controller_that_the_stack_installs_itself_is_not_missed(bare: Path) -> None:
    installed = {"sealedSecrets": "install", "charts": {"sealedSecrets": {"digest": "sha256:" + "a" * 64}}}
    network = {"apiServer": {"cidrs": ["10.0.0.1/32"], "port": 6443}}
    error = recorded("production", bare, controllers=installed, network=network).error
    assert error is not None
    assert [line.split(" is missing")[0] for line in error.splitlines()[::2]] == [
        "cert-manager",
        "The Prometheus operator",
    ]


def test_a_cluster_without_cert_manager_has_no_certificates_to_list(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(bare))
    assert main(["certificates", "list"]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("knows no Certificates: cert-manager isn't installed there.")
    assert "stratmaster:controllers.certManager" in second
