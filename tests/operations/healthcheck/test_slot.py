"""A slot may take users only if it runs what was declared, all of it, and is ready."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components import conventions
from components.flows import MCP_PORTS
from components.monitoring.live import RULES
from operations.healthcheck import live, plan, slot
from operations.healthcheck.slot import Found, RollOut, refusal

DONE = RollOut(generation=7, observed=7, pods=3, ready=3, updated=3)
READY = Found(
    declared_image="api:v2@sha256:2",
    declared_min=3,
    shut_down=False,
    image="api:v2@sha256:2",
    roll_out=DONE,
)


def going(**changed: int) -> Found:
    """A slot whose roll-out is otherwise than done."""
    return replace(READY, roll_out=replace(DONE, **changed))


def test_a_slot_that_runs_what_was_declared_may_take_users() -> None:
    assert refusal("green", READY) is None


def test_more_pods_than_the_minimum_are_no_hindrance() -> None:
    assert refusal("green", going(pods=9, ready=9, updated=9)) is None


def test_an_old_pod_that_has_yet_to_go_is_no_hindrance_where_enough_new_ones_are_ready_beside_it() -> None:
    assert refusal("green", going(pods=6, ready=6, updated=5)) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(READY, shut_down=True), "is shut down"),
        (replace(READY, image="api:v1@sha256:1"), "runs api:v1@sha256:1, not api:v2@sha256:2"),
        (replace(READY, image=""), "runs no image, not"),
        (replace(READY, image="api:v2@sha256:3"), "runs api:v2@sha256:3"),
        (going(observed=6), "at generation 7, acted on 6"),
        (going(ready=2), "has 2 ready pods of the declared build, below its minimum of 3"),
        (going(pods=5, updated=1), "has 0 ready pods of the declared build"),
        (going(ready=0, updated=0, pods=0), "has 0 ready pods"),
        # Three old pods that are ready, three new ones that aren't.
        (going(pods=6, ready=3, updated=3), "has 0 ready pods of the declared build"),
    ],
)
def test_anything_else_is_refused_with_the_slot_what_was_found_and_how_to_mend_it(found: Found, said: str) -> None:
    reason = refusal("green", found)
    assert reason is not None
    what, mend = reason.splitlines()
    assert what.startswith("Slot green ")
    assert said in what
    assert mend.endswith("weight 0.")


def test_what_the_health_check_knows_by_name_has_that_name_in_the_program() -> None:
    assert (slot.API, slot.CONTAINER, slot.DECLARED) == (
        conventions.API,
        conventions.API_CONTAINER,
        conventions.DECLARED,
    )
    assert slot.namespace("green") == conventions.slot_namespace("green")
    assert (live.NAMESPACE, live.RULES) == (conventions.PRODUCTION_NAMESPACE, RULES)
    assert plan.API_PORT == conventions.API_SERVICE_PORT
    assert dict(plan.MCP_PORTS) == dict(MCP_PORTS)
