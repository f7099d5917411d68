"""What stands on something refuses to be brought up before it."""

from __future__ import annotations

import pytest

from tests.loop.cluster import moved
from tests.loop.world import World


@pytest.mark.parametrize("stack", ["blue", "traffic"])
def test_a_stack_is_refused_before_any_change_while_the_foundation_is_not_up(bare: World, stack: str) -> None:
    before = bare.cluster.settled()
    bare.up(stack).refused("foundation, stack production", "up --stack production")
    assert not moved(before, bare.cluster.everything())
