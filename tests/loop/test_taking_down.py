"""From a live environment to nothing, in reverse."""

from __future__ import annotations

import re

from tests.loop.cluster import moved
from tests.loop.conftest import Beginning
from tests.loop.world import World


def test_a_slot_that_is_not_there_any_more_takes_no_users(world: World) -> None:
    world.destroy("green").well()
    before = world.cluster.settled()
    world.weigh(blue=50, green=50).refused("No release of slot green has ever succeeded", "up --stack green")
    assert not moved(before, world.cluster.everything())


def test_destroying_everything_goes_in_reverse_and_leaves_no_object(world: World, beginning: Beginning) -> None:
    done = world.destroy().well()
    told = re.findall(r"^(\w+): (?:\d+ deleted|nothing there)", done.output, re.MULTILINE)
    assert told == ["traffic", "green", "blue", "production"]
    assert world.cluster.emptied(beginning.before).keys() == beginning.before.keys()
