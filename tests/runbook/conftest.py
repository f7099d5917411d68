"""What the runbook's tests share: a project of their own, the plane's real controller, and the real kubeseal."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest
import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rehearsal.control_plane.binaries import TOOLS
from runbook import stack_file
from runbook.cli import main
from tests.go_program import GoProgram
from tests.runbook.certificates import Pair, pair, rsa_key

if TYPE_CHECKING:
    from rehearsal.control_plane import ControlPlane

ROOT = Path(__file__).parents[2]
NAMESPACE = "stratmaster-blue"
POSTGRES: Final = {
    "postgres-host": "db",
    "postgres-port": "5432",
    "postgres-database": "strat master",
    "postgres-username": "me",
    "postgres-password": "p@ss/w$rd",
    "postgres-replica-host": "replica",
    "postgres-replica-username": "reader",
    "postgres-replica-password": "other",
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command left."""

    code: int
    out: str
    err: str

    def well(self) -> Said:
        assert self.code == 0, self.err
        return self

    def refused(self, *words: str) -> None:
        assert self.code == 1
        assert self.err.startswith("error: ")
        assert len(self.err.splitlines()) == 2, self.err
        for word in words:
            assert word in self.err, self.err


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project's stack files and sealed values, and the runbook in it."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def sealed(self) -> Path:
        return self.folder / "secrets" / "blue.sealed.yaml"

    def values(self, secret: str) -> dict[str, str]:
        return cast(
            "dict[str, dict[str, dict[str, str]]]", yaml.load(self.sealed.read_text(), Loader=yaml.CSafeLoader)
        )["secrets"][secret]

    def run(self, *arguments: str, stdin: bytes = b"") -> Said:
        self.monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self.capture.readouterr()
        code = main(arguments)
        captured = self.capture.readouterr()
        return Said(code=code, out=captured.out, err=captured.err)

    def seal(self, *arguments: str, stdin: bytes = b"") -> Said:
        return self.run("seal", "blue", *arguments, stdin=stdin)


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of what the command reads and writes; no cluster."""
    for path in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(path, tmp_path)
    shutil.copytree(ROOT / "secrets", tmp_path / "secrets")
    monkeypatch.setattr(stack_file, "PROJECT", tmp_path)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return Project(folder=tmp_path, capture=capsys, monkeypatch=monkeypatch)


@pytest.fixture(scope="module")
def keys() -> Pair:
    return pair(key=rsa_key())


@pytest.fixture
def cert(keys: Pair, tmp_path: Path) -> str:
    path = tmp_path / "sealing.crt"
    path.write_bytes(keys.certificate)
    return f"--cert={path}"


def opened(project: Project, secret: str, key: str, *, scope: str | None = None) -> bytes:
    """A value of the file, with the key it was sealed for."""
    raw = base64.b64decode(project.values(secret)[key])
    place = {"namespace-wide": NAMESPACE, "cluster-wide": ""}.get(scope or "", f"{NAMESPACE}/{secret}-sealed").encode()
    end = 2 + int.from_bytes(raw[:2], "big")
    padding = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=place)
    return AESGCM(rsa_key().decrypt(raw[2:end], padding)).decrypt(bytes(12), raw[end:], None)


@pytest.fixture(scope="session")
def kubeseal() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The real kubeseal, from the versions that the rehearsal's controller is made of; seconds to build beside it."""
    package = "github.com/bitnami-labs/sealed-secrets/cmd/kubeseal"
    binary = GoProgram(name="kubeseal", folder=TOOLS, package=package).provide(print) / "kubeseal"

    def run(*arguments: str, stdin: bytes = b"", kubeconfig: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
        return subprocess.run([binary, *arguments], input=stdin, capture_output=True, check=False, env=environment)

    return run


@dataclass(frozen=True, kw_only=True)
class Live:
    """The plane, as kubectl sees it."""

    plane: ControlPlane

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [self.plane.binary("kubectl"), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "KUBECONFIG": str(self.plane.kubeconfig)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *what: str) -> dict[str, dict[str, object]]:
        return json.loads(self.kubectl("get", *what, "--output=json"))


@pytest.fixture
def live(control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch, project: Project) -> Iterator[Live]:
    """The plane with the slot's namespace, and a kubeconfig for the runbook."""
    assert project.sealed.exists()
    live = Live(plane=control_plane)
    live.kubectl("apply", "-f-", stdin=json.dumps(namespace()))
    # Its Service leads nowhere before: seconds after the plane's start.
    live.kubectl(
        "rollout", "status", "deployment/sealed-secrets-controller", "--namespace=kube-system", "--timeout=60s"
    )
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig))
    yield live
    live.kubectl("delete", "sealedsecrets,secrets", "--all", f"--namespace={NAMESPACE}")


def namespace() -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}


def sealed_secret(
    name: str, values: Mapping[str, str], *, place: str = NAMESPACE, scope: str | None = None
) -> dict[str, object]:
    """The object as the program makes it."""
    metadata: dict[str, object] = {"name": name, "namespace": place}
    if scope:
        metadata["annotations"] = {f"sealedsecrets.bitnami.com/{scope}": "true"}
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": metadata,
        "spec": {"encryptedData": dict(values), "template": {"metadata": metadata}},
    }
