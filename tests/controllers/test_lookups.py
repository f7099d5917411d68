"""What a stack names, finds in its way, or is missing in its cluster is told before anything is made."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import yaml

from components import conventions
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.program import Config
from rehearsal.engine.record import Known, Recording, record
from rehearsal.project import Project
from tests import planes
from tests.stacks.recorded import ROOT, UP, live, on_the_cluster

ISSUER: Final = "letsencrypt-prod"
CLASS: Final = "contour"
PRODUCTION: Final = "organization/stratmaster/production"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with planes.running("lookups") as made:
        yield made


@contextmanager
def made(plane: ControlPlane, *documents: object) -> Generator[None]:
    """Objects that somebody has made, until the end of the block."""
    given = yaml.safe_dump_all(documents)
    command = [str(plane.binary("kubectl")), f"--kubeconfig={plane.kubeconfig}"]
    subprocess.run([*command, "apply", "-f", "-"], input=given, text=True, check=True)
    try:
        yield
    finally:
        subprocess.run([*command, "delete", "-f", "-"], input=given, text=True, check=True)


def document(kind: str, version: str, name: str, **more: object) -> dict[str, object]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


def issuer(name: str) -> object:
    return document("ClusterIssuer", "cert-manager.io/v1", name, spec={"selfSigned": {}})


def namespace(name: str, labels: dict[str, str], stack: str | None = None) -> object:
    annotations = {"stratmaster.com/stack": stack} if stack else {}
    metadata = {"name": name, "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def recorded(stack: str, kubeconfig: Path, **changes: object) -> Recording:
    """A stack recorded as against a cluster that can be asked."""
    project = Project.find(ROOT)
    committed = project.config(stack)
    texts = {
        f"stratmaster:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in changes.items()
    }
    config = Config(values={**committed.values, **texts}, kubeconfig=kubeconfig)
    return record(ROOT, project.name, stack, config, Known(stacks=UP, objects=live()))


def refused(recording: Recording) -> tuple[str, str]:
    assert recording.error is not None
    assert {each.type for each in on_the_cluster(recording)} <= {"pulumi:providers:kubernetes"}
    what, mend = recording.error.splitlines()
    return what, mend


def test_an_issuer_that_nobody_made_is_refused(plane: ControlPlane) -> None:
    what, mend = refused(recorded("traffic", plane.kubeconfig))
    assert what == (
        f"stratmaster:issuer is {ISSUER}, but the cluster of context stratmaster has no ClusterIssuer of that name."
    )
    assert mend.startswith("Set stratmaster:issuers in the foundation")


def test_a_slip_in_an_issuers_name_is_told_with_the_nearest_one(plane: ControlPlane) -> None:
    with made(plane, issuer(ISSUER)):
        assert refused(recorded("traffic", plane.kubeconfig, issuer="letsencrypt-prd"))[1] == f"Did you mean {ISSUER}?"


@pytest.mark.parametrize(
    ("entry", "kind", "version", "spec", "changes"),
    [
        (
            "gateway",
            "GatewayClass",
            "gateway.networking.k8s.io/v1",
            {"controllerName": "example.com/one"},
            {"gatewayClass": "contuor"},
        ),
        (
            "ingress",
            "IngressClass",
            "networking.k8s.io/v1",
            {"controller": "example.com/one"},
            {"ingress": {"className": "contuor"}},
        ),
    ],
)
def test_a_class_is_refused_only_where_there_are_others(  # noqa: PLR0913, PLR0917 - a case
    plane: ControlPlane, entry: str, kind: str, version: str, spec: object, changes: dict[str, object]
) -> None:
    changes = {"entry": entry, "maintenance": "true", **changes}
    with made(plane, issuer(ISSUER)):
        assert recorded("traffic", plane.kubeconfig, **changes).error is None
        with made(plane, document(kind, version, CLASS, spec=spec)):
            what, mend = refused(recorded("traffic", plane.kubeconfig, **changes))
    assert f"has no {kind} of that name" in what
    assert mend == f"Did you mean {CLASS}?"


def test_a_class_of_disks_that_is_not_there_is_refused(plane: ControlPlane) -> None:
    operations, backups = {"tag": "v1.2.3", "digest": f"sha256:{'a' * 64}"}, {"scratchClass": "fast-sdd"}
    what, mend = refused(recorded("production", plane.kubeconfig, operations=operations, backups=backups))
    assert what.startswith("stratmaster:backups.scratchClass is fast-sdd")
    assert mend == "Did you mean fast-ssd?"


@pytest.mark.parametrize(
    ("labels", "stack", "maker"),
    [
        ({}, None, "by somebody else"),
        (conventions.labels("namespace"), "acme/stratmaster/production", "by stack acme/stratmaster/production"),
    ],
    ids=["the guide's, by hand", "another stack's"],
)
def test_a_foundation_is_refused_where_its_namespace_is_not_its_own(
    plane: ControlPlane, labels: dict[str, str], stack: str | None, maker: str
) -> None:
    with made(plane, namespace("stratmaster-production", labels, stack)):
        what, mend = refused(recorded("production", plane.kubeconfig))
    assert what == f"Namespace stratmaster-production of context stratmaster was made {maker}, not by {PRODUCTION}."
    assert f"stratmaster.com/stack={PRODUCTION}" in mend


@pytest.mark.parametrize("stack", [None, PRODUCTION], ids=["from before there was an annotation", "its own"])
def test_a_foundation_knows_its_own_namespace(plane: ControlPlane, stack: str | None) -> None:
    with made(plane, namespace("stratmaster-production", conventions.labels("namespace"), stack)):
        assert recorded("production", plane.kubeconfig).error is None


def test_a_controller_is_not_installed_over_somebody_elses(plane: ControlPlane) -> None:
    network = {"apiServer": {"cidrs": ["10.0.0.1/32"], "port": 6443}}
    with made(plane, namespace("cert-manager", {})):
        recording = recorded("production", plane.kubeconfig, controllers={"certManager": "install"}, network=network)
    assert refused(recording)[0].startswith("Namespace cert-manager of context stratmaster was made by somebody else")


@pytest.mark.parametrize("stack", ["production", "blue", "traffic", "dev"])
def test_a_cluster_that_does_not_answer_is_told_although_nothing_may_have_changed(
    plane: ControlPlane, tmp_path: Path, stack: str
) -> None:
    kubeconfig = yaml.safe_load(plane.kubeconfig.read_text())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and doesn't listen
        for each in kubeconfig["clusters"]:
            each["cluster"]["server"] = f"https://127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
        what, _ = refused(recorded(stack, tmp_path / "kubeconfig"))
    context = "stratmaster-dev" if stack == "dev" else "stratmaster"
    assert what == f"The cluster of context {context} doesn't answer, so nothing can be compared with it."
