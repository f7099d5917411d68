"""The state's file and its journal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.engine.resource import Resource, Timeouts
from rehearsal.engine.state import State
from rehearsal.engine.wire import Secret
from rehearsal.errors import RehearsalError

PASSPHRASE = "of a test"


def _resource(name: str, **fields: object) -> Resource:
    urn = f"urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::{name}"
    made = Resource(urn=urn, type="kubernetes:core/v1:ConfigMap", custom=True, id=f"ns/{name}")
    return replace(made, **fields)  # pyright: ignore[reportArgumentType]  # a test's shorthand


def _load(folder: Path) -> State:
    return State.load(folder / "s.json", PASSPHRASE)


def test_a_state_that_was_never_saved_is_empty(tmp_path: Path) -> None:
    state = _load(tmp_path)
    assert state.live() == []
    assert state.outputs() is None
    assert list(tmp_path.iterdir()) == []


def test_what_was_recorded_is_there_after_a_kill_and_after_a_save(tmp_path: Path) -> None:
    state = _load(tmp_path)
    one = _resource("one", outputs={"password": Secret("hidden")}, timeouts=Timeouts(create=5.0), protect=True)
    state.begin("creating", one)
    assert _load(tmp_path).pending[one.urn, ""] == ("creating", one)
    state.record(one)
    killed = _load(tmp_path)
    assert (killed.live(), killed.pending) == ([one], {})
    state.save()
    assert _load(tmp_path).live() == [one]
    assert not state.journal.exists()
    assert "hidden" not in state.path.read_text()


def test_half_a_line_is_passed_over_and_hides_nothing_that_comes_after_it(tmp_path: Path) -> None:
    state = _load(tmp_path)
    state.record(_resource("one"))
    with state.journal.open("a") as journal:
        journal.write('{"event":"record","resource":{"urn":"urn:p')
    second = _load(tmp_path)
    assert [each.name for each in second.live()] == ["one"]
    second.record(_resource("two"))
    assert [each.name for each in _load(tmp_path).live()] == ["one", "two"]


def test_a_journal_read_twice_says_the_same(tmp_path: Path) -> None:
    state = _load(tmp_path)
    old = _resource("one", id="ns/old")
    state.record(old)
    state.begin("creating", _resource("one", id="ns/new"))
    state.record(replace(old, delete=True))
    state.record(_resource("one", id="ns/new"))
    state.forget(replace(old, delete=True))
    journal = state.journal.read_text()
    state.save()
    state.journal.write_text(journal)  # as if killed between the two halves of a save
    assert [each.id for each in _load(tmp_path).live()] == ["ns/new"]


def test_a_new_name_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    state = _load(tmp_path)
    state.record(_resource("old"))
    state.rename(_resource("new"), _resource("old").urn)
    assert [each.name for each in _load(tmp_path).live()] == ["new"]


def test_an_operation_that_came_to_nothing_leaves_what_was_there(tmp_path: Path) -> None:
    state = _load(tmp_path)
    one = _resource("one")
    state.record(one)
    state.begin("creating", _resource("one", id="ns/other"))
    state.abandon(one)
    killed = _load(tmp_path)
    assert (killed.live(), killed.pending) == ([one], {})


@pytest.mark.parametrize(
    "content", ["", "{}", "nonsense", '{"deployment": {}}', '{"version": 3, "deployment": {"resources": 1}}']
)
def test_a_file_that_is_no_state_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "s.json").write_text(content)
    with pytest.raises(RehearsalError, match="is not a stack's state"):
        _load(tmp_path)


def test_the_file_has_pulumis_form(tmp_path: Path) -> None:
    state = _load(tmp_path)
    state.record(_resource("one"))
    state.save()
    document = json.loads(state.path.read_text())
    assert document["version"] == 3
    assert set(document["deployment"]) == {"manifest", "secrets_providers", "resources", "pending_operations"}
    (resource,) = document["deployment"]["resources"]
    assert set(resource) == {"urn", "custom", "id", "type"}
