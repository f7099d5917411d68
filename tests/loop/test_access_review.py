"""The guide's access review, against the environment as it came up."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from runbook import cli
from runbook.access import table
from tests.loop.world import World

INTRUDER = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "metadata": {"name": "intruder", "namespace": "stratmaster-blue"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory"}],
}


@pytest.fixture(autouse=True)
def kubeconfig(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(world.plane.kubeconfig))


@contextmanager
def bound(world: World) -> Generator[None]:
    """Somebody who has slipped in past the program."""
    kubectl = [str(world.plane.binary("kubectl")), f"--kubeconfig={world.plane.kubeconfig}"]
    subprocess.run([*kubectl, "create", "-f", "-"], input=json.dumps(INTRUDER), text=True, check=True)
    try:
        yield
    finally:
        subprocess.run([*kubectl, "delete", "-n", "stratmaster-blue", "rolebinding", "intruder"], check=True)


def test_every_account_of_the_environment_may_do_what_was_reviewed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["access-review"]) == 0, capsys.readouterr().out
    assert "nothing else" in capsys.readouterr().out


def test_whoever_is_bound_beside_the_program_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with bound(world):
        assert cli.main(["access-review", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)["differences"]
    assert {(each["who"], each["where"], each["gained"]) for each in told} == {
        ("user mallory", "stratmaster-blue", True)
    }
    assert {"get", "create"} <= {verb for each in told if each["resource"] == "secrets" for verb in each["verbs"]}


def test_what_an_account_has_lost_is_named_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = dict(table.load(table.TABLE))
    place = ("group stratmaster:ci", "stratmaster-green")
    expected[place] = {**expected[place], "secrets": frozenset({"get"})}
    table.save(expected, tmp_path / "table.yaml")
    assert cli.main(["access-review", "--table", str(tmp_path / "table.yaml")]) == 2
    assert "group stratmaster:ci in stratmaster-green may no longer get secrets\n" in capsys.readouterr().out


def test_one_account_can_be_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    account = "service account stratmaster-blue/stratmaster-api"
    assert cli.main(["access-review", "--account", account, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stratmaster-blue"] == {}
    assert cli.main(["access-review", "--account", "group stratmaster:operators"]) == 0
    assert "  pods/log: get\n" in capsys.readouterr().out


def test_who_may_not_speak_for_others_is_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl = [str(world.plane.binary("kubectl")), f"--kubeconfig={world.plane.kubeconfig}"]
    command = [*kubectl, "create", "token", "stratmaster-api", "--namespace", "stratmaster-blue"]
    token = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    config = yaml.safe_load(world.plane.kubeconfig.read_text())
    config["users"] = [{"name": each["name"], "user": {"token": token}} for each in config["users"]]
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    assert cli.main(["access-review"]) == 1
    said = capsys.readouterr().err
    assert "doesn't let this user list namespaces (403 Forbidden)" in said
    assert said.count("\n") == 2


def test_a_developers_slot_beside_production_is_left_out_and_said_to_be(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"app.kubernetes.io/part-of": "stratmaster-platform", "stratmaster.com/slot": "alice"}
    world.cluster.create("/api/v1/namespaces", {"metadata": {"name": "stratmaster-alice", "labels": labels}})
    try:
        assert cli.main(["access-review"]) == 0
    finally:
        world.cluster.delete("/api/v1/namespaces/stratmaster-alice")
    assert "left out, as developers' own: stratmaster-alice\n" in capsys.readouterr().err
