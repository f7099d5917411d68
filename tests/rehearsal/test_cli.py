"""The command line: exit codes, what is printed, what is refused before anything happens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.control_plane import ControlPlane
from tests.rehearsal.rig import Rig
from tests.waiting import eventually

PROGRAM = 'config_map("a", {"k": config.get("k") or "1"})\npulumi.export("k", config.get("k") or "1")'


def _two_lines(text: str) -> bool:
    """Whether an error says what is wrong and how to mend it, and no more."""
    lines = text.strip().splitlines()
    return len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("  ")


def test_up_preview_and_destroy_say_what_they_do_and_exit_with_0(rig: Rig) -> None:
    rig.program(PROGRAM)
    created = rig.command("up", rig.stack, "--engine", "embedded")
    assert created.returncode == 0, created.stderr
    assert "+ ConfigMap a" in created.stdout
    assert f"{rig.stack}: 2 created in " in created.stdout
    same = rig.command("up", rig.stack, "--engine", "embedded")
    assert f"{rig.stack}: no changes, 2 unchanged in " in same.stdout
    changed = rig.command("preview", rig.stack, "-c", "k=2", "--engine", "embedded")
    assert "~ ConfigMap a\n" in changed.stdout
    assert "data.k: 1 → 2" in changed.stdout
    assert f"{rig.stack}: 1 to update, 1 unchanged in " in changed.stdout
    gone = rig.command("destroy", rig.stack, "--engine", "embedded")
    assert f"{rig.stack}: 2 deleted in " in gone.stdout
    assert f"{rig.stack}: nothing there" in rig.command("destroy", rig.stack).stdout


def test_a_failure_exits_with_1(rig: Rig) -> None:
    rig.program("raise pulumi.RunError('no\\nMend it.')")
    failed = rig.command("up", rig.stack, "--engine", "embedded")
    assert failed.returncode == 1
    assert f"{rig.stack}: failed" in failed.stdout


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["up", "--nonsense"], ["preview", "--engine", "terraform"], ["render"], ["up", "-c"]],
)
def test_bad_flags_exit_with_2(rig: Rig, arguments: list[str]) -> None:
    done = rig.command(*arguments)
    assert done.returncode == 2
    assert "usage: python -m rehearsal" in done.stderr


def test_an_unknown_stack_exits_with_6_and_the_nearest_name(rig: Rig) -> None:
    rig.program(PROGRAM)
    done = rig.command("up", f"{rig.stack}x")
    assert done.returncode == 6
    assert _two_lines(done.stderr), done.stderr
    assert f"Did you mean {rig.stack}?" in done.stderr


def test_expected_no_changes_exit_with_7_if_there_are_some(rig: Rig) -> None:
    rig.program(PROGRAM)
    arguments = ("preview", rig.stack, "--expect-no-changes", "--engine", "embedded")
    changed = rig.command(*arguments)
    assert changed.returncode == 7
    assert _two_lines(changed.stderr)
    assert rig.up().well
    assert rig.command(*arguments).returncode == 0


def test_a_broken_file_is_refused_before_any_other_stack_is_touched(rig: Rig) -> None:
    rig.program(PROGRAM)
    (rig.folder / "Pulumi.zz.yaml").write_text("config: [\n")
    done = rig.command("up", "--engine", "embedded")
    assert done.returncode == 1
    assert _two_lines(done.stderr), done.stderr
    assert "Pulumi.zz.yaml, line" in done.stderr
    assert rig.names("ConfigMap") == set()


def test_config_is_kept_from_run_to_run_and_forgotten_on_request(rig: Rig) -> None:
    rig.program(PROGRAM)
    committed = (rig.folder / f"Pulumi.{rig.stack}.yaml").read_bytes()
    assert rig.command("up", rig.stack, "-c", "k=9", "--engine", "embedded").returncode == 0
    assert rig.data("a") == {"k": "9"}
    assert rig.up().ops == {}
    assert f"{rig.stack}: -c rig:k=9 is kept" in rig.command("status").stdout
    assert rig.command("up", rig.stack, "--config-forget", "--engine", "embedded").returncode == 0
    assert rig.data("a") == {"k": "1"}
    assert (rig.folder / f"Pulumi.{rig.stack}.yaml").read_bytes() == committed


@pytest.mark.parametrize("arguments", [["-c", "nonsense"], ["-c", "a[=1", "--config-path"]])
def test_a_setting_that_is_none_is_refused_in_two_lines(rig: Rig, arguments: list[str]) -> None:
    rig.program(PROGRAM)
    done = rig.command("preview", rig.stack, *arguments)
    assert done.returncode == 1
    assert _two_lines(done.stderr), done.stderr


def test_a_setting_needs_the_stack_it_is_for(rig: Rig) -> None:
    rig.program(PROGRAM)
    done = rig.command("up", "-c", "k=2")
    assert done.returncode == 1
    assert "-c needs the stack that it is for" in done.stderr


def test_json_is_one_document_whatever_the_program_prints(rig: Rig) -> None:
    rig.program(PROGRAM + '\nprint("hello")')
    done = rig.command("up", rig.stack, "--json", "--engine", "embedded")
    document = json.loads(done.stdout)
    preview, update = document["stacks"]
    assert (preview["operation"], update["operation"]) == ("preview", "update")
    assert update["summary"]["create"] >= 2
    assert update["outputs"] == {"k": "1"}
    assert [each["name"] for each in update["changes"] if each["op"] == "create" and "ConfigMap" in each["type"]] == [
        "a"
    ]
    assert {"severity": "info", "message": "hello", "urn": ""} in update["diagnostics"]


def test_quiet_leaves_the_summary_and_errors(rig: Rig) -> None:
    rig.program(PROGRAM)
    done = rig.command("up", rig.stack, "--quiet", "--engine", "embedded")
    assert [line for line in done.stdout.splitlines() if line.startswith(f"{rig.stack}: ")][1:]
    assert "ConfigMap" not in done.stdout


def test_two_processes_on_one_stack_are_kept_apart(rig: Rig) -> None:
    rig.program('deployment("d", tag="never-ready", custom_timeouts=pulumi.CustomTimeouts(create="60s"))')
    first = rig.start("up", rig.stack, "--engine", "embedded")
    try:
        eventually(lambda: rig.get("Deployment", "d", api_version="apps/v1") is not None, "the Deployment is there")
        second = rig.up()
        assert not second.well
        assert f"stack {rig.stack} is being changed by process {first.pid}" in second.text
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    rig.brought_up("")


def test_a_lock_that_a_dead_process_left_holds_nobody_up(rig: Rig) -> None:
    rig.program(PROGRAM)
    rig.state.parent.mkdir(parents=True, exist_ok=True)
    rig.state.with_suffix(".lock").write_text("999999")
    assert rig.up().well


def test_a_kubeconfig_that_is_not_the_rehearsals_is_refused(rig: Rig, tmp_path: Path) -> None:
    home = tmp_path / "other-home"
    shutil.copytree(rig.home / "control-plane", home / "control-plane", ignore=shutil.ignore_patterns("etcd"))
    theirs = (rig.home / "kubeconfig").read_text().replace("https://127.0.0.1:", "https://127.0.0.2:")
    (home / "kubeconfig").write_text(theirs)
    rig.program(PROGRAM)
    done = rig.command("up", rig.stack, "--engine", "embedded", REHEARSAL_HOME=str(home))
    assert done.returncode == 1
    assert "kubeconfig" in done.stderr
    assert "Traceback" not in done.stderr
    assert (home / "kubeconfig").read_text() == theirs
    assert rig.names("ConfigMap") == set()


def test_a_destroy_starts_the_plane_that_holds_what_it_deletes(rig: Rig) -> None:
    rig.brought_up(PROGRAM)
    done = rig.command("destroy", rig.stack, "--engine", "embedded")
    assert done.returncode == 0
    assert rig.names("ConfigMap") == set()


def test_an_api_server_that_does_not_answer_is_an_error_in_words(rig: Rig, tmp_path: Path) -> None:
    plane = ControlPlane(tmp_path / "silent")
    kubeconfig = (rig.home / "kubeconfig").read_text()
    (tmp_path / "silent").mkdir()
    port = kubeconfig.partition("https://127.0.0.1:")[2].partition("\n")[0].strip()
    (tmp_path / "silent" / "kubeconfig").write_text(kubeconfig.replace(f":{port}", ":1"))
    rig.program(PROGRAM)
    project = rig.project()
    assert plane.kubeconfig.exists()
    from rehearsal.engine.events import Silent  # noqa: PLC0415 this test alone drives the engine itself
    from rehearsal.engine.registry import Cluster  # noqa: PLC0415
    from rehearsal.engine.run import Engine  # noqa: PLC0415

    engine = Engine(
        project=rig.folder,
        name="rig",
        states=tmp_path / "states",
        stacks=frozenset({rig.stack}),
        passphrase="x",
        cluster=Cluster(kubeconfig=plane.kubeconfig, helm=Path("helm"), home=tmp_path, project=rig.folder),
    )
    result = engine.preview(rig.stack, project.config(rig.stack), Silent())
    (error,) = {each.message for each in result.diagnostics if each.severity == "error"}
    assert "does not answer" in error
    assert len(error.splitlines()) == 2


def test_help_names_every_command(rig: Rig) -> None:
    done = rig.command("--help")
    assert done.returncode == 0
    for command in ("up", "preview", "destroy", "render", "start", "stop", "status", "doctor"):
        assert command in done.stdout


def test_outside_a_project_it_says_where_to_run(tmp_path: Path, rig: Rig) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "rehearsal", "status"]
    environment = rig.environment()
    done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert _two_lines(done.stderr), done.stderr
