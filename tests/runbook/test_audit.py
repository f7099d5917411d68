"""Who changed what, from the log that the real API server writes by the policy in the docs."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from rehearsal.control_plane import ControlPlane
from runbook import cli

NAMESPACE = "audited"
CANARY = "hunter2-in-the-log"


class Audited:
    """A cluster, and what its audit log says."""

    def __init__(self, plane: ControlPlane) -> None:
        self.log = plane.home / "logs" / "audit.log"
        self._kubectl = [str(plane.binary("kubectl")), f"--kubeconfig={plane.kubeconfig}"]

    def kubectl(self, *arguments: str) -> int:
        return subprocess.run([*self._kubectl, *arguments], capture_output=True, check=False).returncode

    def told(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
        assert cli.main(["audit", str(self.log), "--namespace", NAMESPACE, "--json", *arguments]) == 0
        return cast("list[dict[str, object]]", json.loads(capsys.readouterr().out))


@pytest.fixture(scope="module")
def audited(control_plane: ControlPlane) -> Iterator[Audited]:
    """A namespace in which somebody makes, reads and removes a secret, and somebody else may not."""
    found = Audited(control_plane)
    assert found.kubectl("create", "namespace", NAMESPACE) == 0
    assert found.kubectl("create", "secret", "generic", "key", f"--from-literal=value={CANARY}", "-n", NAMESPACE) == 0
    assert found.kubectl("get", "secret", "key", "-n", NAMESPACE, "-o", "yaml") == 0
    assert found.kubectl("get", "configmaps", "-n", NAMESPACE) == 0
    assert found.kubectl("auth", "can-i", "get", "pods", "-n", NAMESPACE) == 0
    assert found.kubectl("delete", "configmap", "none", "-n", NAMESPACE, "--as=eve") == 1
    assert found.kubectl("delete", "secret", "key", "-n", NAMESPACE, "--wait=false") == 0
    yield found
    found.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_writes_and_readings_of_secrets_are_told_and_other_looks_are_not(
    audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [(each["verb"], cast("dict[str, str]", each["objectRef"])["resource"]) for each in audited.told(capsys)]
    assert [verb for verb, resource in told if resource == "secrets"] == ["create", "get", "delete"]
    assert not [what for what in told if what[1] != "secrets" and what[0] in {"get", "list", "watch"}]


def test_no_value_of_a_secret_is_in_the_log(audited: Audited) -> None:
    log = audited.log.read_text()
    assert '"resource":"secrets"' in log
    for form in (CANARY, base64.b64encode(CANARY.encode()).decode()):
        assert form not in log


def test_who_speaks_for_another_and_what_was_refused_is_told(
    audited: Audited, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["audit", str(audited.log), "--who", "eve", "--verb", "delete"]) == 0
    [_, line] = capsys.readouterr().out.splitlines()
    assert "rehearsal-administrator as eve" in line
    assert line.endswith("403")
    assert f"{NAMESPACE}/configmaps/none" in line


def test_only_the_last_are_told(audited: Audited, capsys: pytest.CaptureFixture[str]) -> None:
    everything = audited.told(capsys, "--last", "1000")
    assert audited.told(capsys, "--last", "2") == everything[-2:]


def test_a_log_comes_through_a_pipe_too_and_lines_that_are_none_are_counted(
    audited: Audited, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no event\n" + audited.log.read_text()))
    assert cli.main(["audit", "-", "--last", "1"]) == 0
    assert "1 lines are no audit events" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "can't be read"), (b"\xff\n", "can't be read"), (b"{}\n[1]\n", "2 lines that are none")],
)
def test_what_is_no_audit_log_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, problem: str
) -> None:
    log = tmp_path / "audit.log"
    if content is not None:
        log.write_bytes(content)
    assert cli.main(["audit", str(log)]) == 1
    said = capsys.readouterr().err
    assert problem in said
    assert said.count("\n") == 2
