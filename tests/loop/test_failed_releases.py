"""Releases that fail: in time, rolled back, and with no users for the slot until a release succeeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.loop.cluster import moved
from tests.loop.world import API, Done, World, finished, tag, weights

LIMIT = timedelta(seconds=30)  # the least that timeoutSeconds may be
LATE = timedelta(seconds=15)  # a loaded machine's
FAULTS = {"blue": "v2-crash", "green": "v2-never-ready"}


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Both slots after a release that failed: the images they were healthy with, and what the command said."""

    world: World
    images: dict[str, str]
    said: dict[str, Done]


@pytest.fixture(scope="module")
def failed(brought_up: World) -> Iterator[Failed]:
    """A build that crashes on blue and one that never becomes ready on green, at the same time."""
    images = {slot: brought_up.image(slot) for slot in FAULTS}
    limit = f"timeoutSeconds={LIMIT.seconds}"
    with brought_up.put_back(*FAULTS):
        ups = {
            slot: brought_up.start("up", "--engine", "embedded", *tag(slot, fault), "-c", limit)
            for slot, fault in FAULTS.items()
        }
        yield Failed(world=brought_up, images=images, said={slot: finished(process) for slot, process in ups.items()})


@pytest.mark.parametrize("slot", FAULTS)
def test_a_build_that_does_not_become_ready_fails_in_time_and_is_rolled_back(failed: Failed, slot: str) -> None:
    assert failed.said[slot].code == 1, failed.said[slot].output
    assert "Traceback" not in failed.said[slot].output
    assert "Release stratmaster-api" in failed.said[slot].output
    world = failed.world
    (good, _, _), (_, status, _), (_, now, why) = world.releases(slot)[-3:]
    assert (status, now, why) == ("failed", "deployed", f"Rollback to {good}")
    began, ended = (
        datetime.fromisoformat(str(each["updated"]))
        for each in world.helm("history", API, "--namespace", f"stratmaster-{slot}")[-2:]
    )
    assert ended - began < LIMIT + LATE
    assert world.image(slot) == failed.images[slot]
    world.await_ready(slot)


@pytest.mark.parametrize("slot", FAULTS)
def test_a_slot_that_was_rolled_back_takes_no_users_however_healthy_it_is(failed: Failed, slot: str) -> None:
    world = failed.world
    world.await_ready(slot)
    before = world.cluster.settled()
    share = (100, 0) if slot == "blue" else (0, 100)
    refused = world.up(*weights(*share)).refused(f"Slot {slot}", failed.images[slot], FAULTS[slot], "rolled back")
    assert f"up --stack {slot}" in refused
    assert not moved(before, world.cluster.everything())


def test_once_mended_both_slots_take_users_again(failed: Failed) -> None:
    world = failed.world
    world.up("--config-forget", *FAULTS).well()
    for slot in FAULTS:
        world.await_ready(slot)
    with world.put_back("traffic"):
        world.weigh(blue=50, green=50).well()
        assert [weight for _, _, weight in world.backends()] == [50, 50]
