"""A control plane on which cert-manager isn't simulated, and what a person does there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from rehearsal.control_plane import ControlPlane, Options
from runbook.cli import main
from tests import planes
from tests.certificates.cert_manager import PROGRAM, CertManager

NAMESPACE: Final = "stratmaster-production"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The control plane, as its administrator has it."""

    plane: ControlPlane

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """What kubectl says."""
        command = [self.plane.binary("kubectl"), f"--kubeconfig={self.plane.kubeconfig}", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *objects: Mapping[str, object]) -> None:
        """Write objects."""
        self.kubectl("apply", "--server-side", "-f", "-", given="\n---\n".join(json.dumps(each) for each in objects))

    def get(self, kind: str, name: str, namespace: str = NAMESPACE) -> Any:  # noqa: ANN401 - an object of any kind
        """An object."""
        return json.loads(self.kubectl("get", kind, name, "-n", namespace, "-o", "json"))

    def condition(self, kind: str, name: str, type_: str) -> str | None:
        """The status of one of an object's conditions."""
        conditions = self.get(kind, name).get("status", {}).get("conditions", [])
        return next((each["status"] for each in conditions if each["type"] == type_), None)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command said."""

    code: int
    out: str
    error: str


Person = Callable[..., Said]


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    """Without the stages that play cert-manager."""
    with planes.running("certificates", Options(real=frozenset({"cert-manager"}))) as plane:
        made = Cluster(plane=plane)
        made.kubectl("create", "namespace", NAMESPACE)
        yield made


@pytest.fixture(scope="session")
def cert_manager(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> CertManager:
    """Its controllers; a test starts them itself."""
    return CertManager(
        binary=PROGRAM.provide(print) / PROGRAM.name,
        kubeconfig=cluster.plane.kubeconfig,
        log=tmp_path_factory.mktemp("cert-manager") / "log",
    )


@pytest.fixture
def runbook(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    """`python -m runbook …`, with the administrator's kubeconfig."""

    def run(*arguments: str, kubeconfig: Path | None = None) -> Said:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig or cluster.plane.kubeconfig))
        code = main(arguments)
        out, error = capsys.readouterr()
        return Said(code=code, out=out, error=error)

    return run
