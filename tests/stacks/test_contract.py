"""A contract migration only while nobody needs the old schema."""

from __future__ import annotations

import pytest

from rehearsal.engine.wire import Properties, mapping
from tests.stacks.recorded import UP, deployment, live, run

IMAGE = {"tag": "v1.2.3", "digest": "sha256:" + "a" * 64}


def green(replicas: int | None, running: int | None = None) -> Properties:
    """Slot green's Deployment, scaled to some replicas of which some run."""
    found = deployment()
    return {**found, "spec": {**mapping(found["spec"]), "replicas": replicas}, "status": {"replicas": running}}


@pytest.mark.parametrize("found", [green(3, 3), green(0, 1), green(None)], ids=["runs", "is draining", "has a default"])
def test_a_contract_migration_is_refused_while_the_other_slot_runs(found: Properties) -> None:
    recording = run("blue", objects=live(green=found), operations=IMAGE, contractMigrations="true")
    assert recording.error is not None
    assert recording.error.startswith("Slot green still runs")
    assert "Traceback" not in recording.error
    assert recording.of_kind("Job") == []


def test_a_contract_migration_runs_when_the_other_slot_is_at_zero() -> None:
    recording = run("blue", objects=live(green=green(0)), operations=IMAGE, contractMigrations="true")
    assert recording.error is None, recording.error
    assert _step(recording.of_kind("Job")[0].inputs) == "contract"


def test_a_contract_migration_runs_when_the_other_slot_was_never_released() -> None:
    stacks = {**UP, "green": Properties()}
    assert run("blue", stacks=stacks, objects={}, operations=IMAGE, contractMigrations="true").error is None


def test_an_expand_migration_asks_nothing_of_the_other_slot() -> None:
    recording = run("blue", objects=live(green=green(3, 3)), operations=IMAGE)
    assert recording.error is None, recording.error
    assert _step(recording.of_kind("Job")[0].inputs) == "expand"


def _step(job: Properties) -> object:
    return mapping(mapping(job["metadata"])["labels"])["stratmaster.com/migration"]
