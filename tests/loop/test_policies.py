"""The pack stops an unsafe change of the program before anything is written."""

from __future__ import annotations

import pytest

from tests.loop.cluster import moved
from tests.loop.world import World

SWITCH = "allow_privilege_escalation=False,"


@pytest.mark.parametrize(
    ("old", "new", "rule", "mend"),
    [
        (SWITCH, f"{SWITCH} privileged=True,", "pod-not-privileged", "Leave out privileged"),
        (":1.30.5-alpine", ":latest", "image-tag", "Write repository:tag@sha256"),
    ],
)
def test_an_unsafe_change_is_blocked_with_the_rule_and_its_mend(
    draft: World, old: str, new: str, rule: str, mend: str
) -> None:
    draft.edit("components/maintenance.py", old, new)
    before = draft.cluster.settled()
    done = draft.up("traffic")
    assert done.code == 1, done.output
    assert "traffic: blocked by policy" in done.output
    assert rule in done.output
    assert mend in done.output
    assert "Traceback" not in done.output
    assert not moved(before, draft.cluster.everything())
