"""A run that is killed: the next one finishes it, nothing is orphaned, nothing is made twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.rehearsal.engine.chart import release, write_chart
from tests.rehearsal.rig import Rig
from tests.waiting import eventually

COUNT = 24
MANY = """
last = None
for number in range(COUNT):
    last = config_map(f"c{number}", {"k": "VALUE"}, depends_on=[last] if last else [])
d = deployment("d", replicas=1, depends_on=[last])
config_map("after", depends_on=[d])
random.RandomPassword("p", length=20)
""".replace("COUNT", str(COUNT))
"""A chain, so that an update takes a while."""

ALL = {*(f"c{number}" for number in range(COUNT)), "after"}


def _kill_when(
    rig: Rig, ready: Callable[[], bool], *, group: bool = False, variables: dict[str, str] | None = None
) -> bool:
    """Start `up` and kill it once `ready`; whether it was still running."""
    process = rig.start("up", rig.stack, "--engine", "embedded", **(variables or {}))
    try:
        eventually(lambda: ready() or process.poll() is not None, "it begins", seconds=90)
    finally:
        alive = process.poll() is None
        if alive:
            (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    return alive


def _made(rig: Rig) -> int:
    return len(rig.names("ConfigMap") & ALL)


@pytest.mark.parametrize("point", [1, 6, 12, 18, COUNT])
def test_an_update_killed_after_some_resources_is_finished_by_the_next(rig: Rig, point: int) -> None:
    rig.program(MANY)
    assert _kill_when(rig, lambda: _made(rig) >= point, group=point % 2 == 0)
    assert rig.state.exists()
    outcome = rig.up()
    assert outcome.well, outcome.text
    assert rig.names("ConfigMap") == ALL
    assert rig.up().ops == {}
    assert rig.destroy().well
    assert rig.names("ConfigMap") == set()
    assert rig.names("Deployment", "apps/v1") == set()


def test_what_a_killed_update_made_and_the_program_then_dropped_is_deleted(rig: Rig) -> None:
    rig.program(MANY)
    assert _kill_when(rig, lambda: _made(rig) >= 8)
    rig.brought_up('config_map("c0", {"k": "VALUE"})')
    assert rig.names("ConfigMap") == {"c0"}
    assert rig.up().ops == {}


def test_a_killed_update_is_destroyed_whole(rig: Rig) -> None:
    rig.program(MANY)
    assert _kill_when(rig, lambda: _made(rig) >= 8)
    assert rig.destroy().well
    assert rig.names("ConfigMap") == set()


def test_two_kills_in_a_row_lose_nothing(rig: Rig) -> None:
    rig.program(MANY)
    assert _kill_when(rig, lambda: _made(rig) >= 4)
    with rig.journal.open("a") as journal:
        journal.write('{"event":"begin","operation":"creating","resource":{"urn":"torn')
    assert _kill_when(rig, lambda: _made(rig) >= 14)
    rig.brought_up("")
    assert rig.names("ConfigMap") == set()


def test_a_killed_change_of_many_is_finished(rig: Rig) -> None:
    rig.brought_up(MANY)
    rig.program(MANY.replace("VALUE", "2"))
    assert _kill_when(rig, lambda: rig.data("c10") == {"k": "2"})
    preview = rig.preview()
    assert preview.well
    assert rig.up().well
    assert all(rig.data(f"c{number}") == {"k": "2"} for number in range(COUNT))
    assert rig.up().ops == {}


def test_a_killed_deletion_is_finished_or_taken_back(rig: Rig) -> None:
    rig.brought_up(MANY)
    process = rig.start("destroy", rig.stack, "--engine", "embedded")
    eventually(lambda: _made(rig) <= COUNT - 4 or process.poll() is not None, "some are gone")
    assert process.poll() is None
    process.kill()
    process.communicate()
    outcome = rig.up()
    assert outcome.well, outcome.text
    assert rig.names("ConfigMap") == ALL
    assert rig.up().ops == {}


def _pending(rig: Rig, status: str) -> Callable[[], bool]:
    def look() -> bool:
        found = rig.helm.status(f"{rig.namespace}/tiny")
        return found is not None and status in str(found["info"])

    return look


@pytest.mark.parametrize("group", [False, True], ids=["the engine alone", "its helm too"])
def test_an_install_that_was_killed_is_begun_anew(rig: Rig, *, group: bool) -> None:
    write_chart(rig.folder)
    rig.program(release('{"tag": "never-ready"}', timeout=60))
    assert _kill_when(rig, _pending(rig, "pending-install"), group=group)
    outcome = rig.brought_up(release('{"tag": "v1"}'))
    assert outcome.well
    assert rig.up().ops == {}
    assert rig.destroy().well
    assert rig.names("ConfigMap") == set()


@pytest.mark.parametrize("group", [False, True], ids=["the engine alone", "its helm too"])
def test_an_upgrade_that_was_killed_is_rolled_back_and_tried_again(rig: Rig, *, group: bool) -> None:
    write_chart(rig.folder)
    rig.brought_up(release('{"word": "one"}'))
    rig.program(release('{"word": "two", "tag": "never-ready"}', timeout=60))
    assert _kill_when(rig, _pending(rig, "pending-upgrade"), group=group)
    outcome = rig.brought_up(release('{"word": "two"}'))
    assert outcome.ops == {"tiny": "update"}
    assert rig.data("tiny") == {"word": "two"}
    assert rig.up().ops == {}


def test_a_release_dropped_after_its_install_was_killed_is_gone(rig: Rig) -> None:
    write_chart(rig.folder)
    rig.program(release('{"tag": "never-ready"}', timeout=60))
    assert _kill_when(rig, _pending(rig, "pending-install"))
    rig.brought_up("")
    assert rig.helm.status(f"{rig.namespace}/tiny") is None
    assert rig.names("ConfigMap") == set()


def test_an_interrupt_from_the_keyboard_ends_in_two_lines_and_loses_nothing(rig: Rig) -> None:
    rig.program(MANY)
    process = rig.start("up", rig.stack, "--engine", "embedded")
    eventually(lambda: _made(rig) >= 4 or process.poll() is not None, "some are made")
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - started < 30
    assert process.returncode == 1
    assert "error: interrupted" in errors
    assert "Traceback" not in errors, errors
    assert rig.up().well
    assert rig.names("ConfigMap") == ALL
