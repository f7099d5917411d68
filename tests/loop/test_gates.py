"""What keeps users away from a slot that isn't ready: each gate refuses before any change, and opens once mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.loop.cluster import eventually, moved
from tests.loop.world import API, SLOT_MINIMUM, Done, World, finished, tag, weights

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


def test_a_slot_with_too_few_ready_pods_takes_no_users_until_it_has_them(world: World) -> None:
    scaler = "/apis/autoscaling/v2/namespaces/stratmaster-green/horizontalpodautoscalers/stratmaster-api"
    scale = "/apis/apps/v1/namespaces/stratmaster-green/deployments/stratmaster-api/scale"
    try:
        world.cluster.patch(scaler, {"spec": {"minReplicas": 1}})  # else it would put them back at once
        world.cluster.patch(scale, {"spec": {"replicas": 1}})
        eventually(lambda: world.ready("green") == 1, "green has one pod")
        before = world.cluster.settled()
        world.weigh(blue=50, green=50).refused("Slot green has 1 ready pods", f"minimum of {SLOT_MINIMUM}")
        assert not moved(before, world.cluster.everything())
    finally:
        world.cluster.patch(scaler, {"spec": {"minReplicas": SLOT_MINIMUM}})
    world.await_ready("green")
    world.preview(*weights(50, 50)).well()


def test_a_slot_that_runs_another_image_takes_no_users_until_it_runs_the_declared_one(world: World) -> None:
    path, declared = "/apis/apps/v1/namespaces/stratmaster-green/deployments/stratmaster-api", world.image("green")
    container = "/spec/template/spec/containers/0/image"
    try:
        world.cluster.set(path, container, "ghcr.io/iamjonobo/stratmaster-api:by-hand")
        world.await_ready("green")
        before = world.cluster.settled()
        world.weigh(blue=0, green=100).refused("Slot green runs", ":by-hand, not", declared)
        assert not moved(before, world.cluster.everything())
    finally:
        world.cluster.set(path, container, declared)
    world.await_ready("green")
    world.preview(*weights(0, 100)).well()


def test_slots_whose_releases_were_mended_take_users_again(world: World) -> None:
    # `failed` has been put back by now, by the same command that anybody would mend it with.
    with world.put_back("traffic"):
        world.weigh(blue=50, green=50).well()
        assert [weight for _, _, weight in world.backends()] == [50, 50]
