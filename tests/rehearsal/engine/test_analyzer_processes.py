"""Packs as processes: how they start, fail and end, and that none outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.errors import RehearsalError
from tests.rehearsal.engine.packs import Write, analyzed, start
from tests.waiting import eventually


def _packs_running(folder: Path) -> list[str]:
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line.endswith(str(folder)) and "pulumi.policy" in line]


def test_a_pack_that_dies_while_it_is_asked_stops_the_run(write: Write) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: os._exit(3))])')
    with start(pack) as analyzers, pytest.raises(RehearsalError, match="its process ended"):
        analyzers.analyze(analyzed())


@pytest.mark.parametrize(
    ("main", "problem"),
    [
        ("raise RuntimeError('broken')", "it ended before it served.*RuntimeError: broken"),
        ("import a_module_that_nobody_has", "it ended before it served.*a_module_that_nobody_has"),
        ("print('nonsense')\nPolicyPack('test', policies=[])", "something else than its port"),
        ("def (", "SyntaxError"),
        ("pass", "it ended before it served"),
    ],
)
def test_a_pack_that_does_not_start_is_an_error_of_two_lines(write: Write, main: str, problem: str) -> None:
    pack = write(main)
    with start(pack) as analyzers, pytest.raises(RehearsalError, match=problem) as failure:
        analyzers.ready()
    assert str(failure.value).count("\n") == 1
    assert "Traceback" not in str(failure.value)
    assert _packs_running(pack) == []


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("runtime: [", "is no YAML"),
        ("", "needs `runtime: python`"),
        ("- python", "needs `runtime: python`"),
        ("runtime: {options: {}}", "needs `runtime: python`"),
        ("runtime: {name: python, options: [a]}", "needs `runtime: python`"),
        ("runtime: {name: python, options: {virtualenv: 3}}", "virtualenv is no path"),
        ("runtime: nodejs", "runs Python packs only"),
    ],
)
def test_a_malformed_policy_file_is_refused_before_anything_starts(tmp_path: Path, settings: str, problem: str) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text(settings)
    with pytest.raises(RehearsalError, match=problem) as failure:
        start(tmp_path)
    assert str(failure.value).count("\n") == 1


def test_a_folder_without_a_pack_is_refused_and_no_other_pack_is_left_running(write: Write, tmp_path: Path) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')
    with pytest.raises(RehearsalError, match="there is no policy pack in"):
        start(pack, tmp_path / "missing")
    assert _packs_running(pack) == []


def test_a_policy_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RehearsalError, match="is no YAML"):
        start(tmp_path)


def test_what_a_pack_logs_reaches_the_caller(write: Write) -> None:
    pack = write("""
        import pulumi
        pulumi.log.warn("mind this")
        PolicyPack("test", policies=[resource_policy(lambda args, report: print("judged"))])
    """)
    lines: list[str] = []
    with start(pack, say=lines.append) as analyzers:
        analyzers.analyze(analyzed())
    assert "judged" in lines
    assert any("mind this" in line for line in lines)


def test_every_process_is_gone_after_the_run_even_when_it_fails(write: Write) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')

    def fail() -> None:
        with start(pack) as analyzers:
            analyzers.ready()
            assert _packs_running(pack) != []
            raise KeyError("something else")

    with pytest.raises(KeyError):
        fail()
    assert _packs_running(pack) == []


def test_a_pack_that_ignores_the_request_to_end_is_killed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.engine.analyzer_process._STOP_SECONDS", 0.5)
    pack = write("""
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        PolicyPack("test", policies=[resource_policy(lambda args, report: None)])
    """)
    with start(pack) as analyzers:
        analyzers.ready()
    assert _packs_running(pack) == []


@pytest.fixture
def owner(write: Write) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A process of its own that holds a pack."""
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')
    script = f"""
import time
from pathlib import Path
from rehearsal.engine.analyzers import Analyzers
from tests.waiting import eventually
analyzers = Analyzers.start([Path({str(pack)!r})], project="p", stack="s", dry_run=True, config={{}})
analyzers.ready()
print("ready", flush=True)
time.sleep(600)
"""
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True)
    yield pack, process
    process.kill()
    process.communicate()


def test_an_engine_killed_outright_leaves_no_pack_behind(owner: tuple[Path, subprocess.Popen[str]]) -> None:
    pack, process = owner
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert _packs_running(pack) != []
    os.kill(process.pid, signal.SIGKILL)
    eventually(lambda: not _packs_running(pack), "no pack is left", seconds=10)


def test_a_pack_runs_in_the_virtual_environment_that_it_names_if_there_is_one(write: Write) -> None:
    pack = write("""
        say = lambda args, report: report(os.environ.get("OWN_PYTHON", "the engine's"), None)
        PolicyPack("test", policies=[resource_policy(say)])
    """)
    (pack / "PulumiPolicy.yaml").write_text("runtime: {name: python, options: {virtualenv: own/venv}}")
    with start(pack) as analyzers:
        assert analyzers.analyze(analyzed())[0].message.endswith("the engine's")
    python = pack / "own" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nOWN_PYTHON=own exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with start(pack) as analyzers:
        assert analyzers.analyze(analyzed())[0].message.endswith("own")


def test_no_pack_costs_nothing_and_finds_nothing() -> None:
    with start() as analyzers:
        assert analyzers.analyze(analyzed()) == []
        assert analyzers.analyze_stack([analyzed()]) == []
