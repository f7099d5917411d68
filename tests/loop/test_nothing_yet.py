"""What stands on something refuses to be brought up before it."""

from __future__ import annotations

import pytest

from tests.loop.cluster import moved
from tests.loop.world import World


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("blue",), ("foundation, stack production", "up --stack production")),
        (("traffic", "-c", "maintenance=true"), ("foundation, stack production", "up --stack production")),
        (("--config-forget", "traffic"), ("up --stack",)),  # the foundation isn't up and no slot is: either is told
    ],
)
def test_a_stack_is_refused_before_any_change_while_the_foundation_is_not_up(
    bare: World, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = bare.cluster.settled()
    bare.up(*arguments).refused(*words)
    assert not moved(before, bare.cluster.everything())
