"""What the engine shows of look-ups is nothing (Pulumi 3.260): the pack judges by what the program's gate saw."""

from __future__ import annotations

from typing import Final

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Value
from tests.policies.mutation import Change, both, edit_outputs, edit_release, judged

GATE: Final = "stratmaster:components:Gate"
LIVE: Final[dict[str, Value]] = {"host": "x", "weights": {"blue": 100.0, "green": 0.0}, "maintenance": False}


def shown(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """What the engine shows."""
    return tuple(each for each in before if not each.external)


def said(stack: str, *changes: Change) -> set[str]:
    return {each.rule for each in judged(stack, both(*changes, shown))}


def applied(outputs: Value) -> Change:
    properties: dict[str, Value] = {"name": "organization/stratmaster/traffic", "outputs": outputs}
    return edit_outputs(GATE, "gate", "held", [{"type": "pulumi:pulumi:StackReference", "properties": properties}])


@pytest.mark.parametrize("stack", ["production", "blue", "green", "traffic", "dev"])
def test_the_real_stack_passes_without_its_look_ups(stack: str) -> None:
    assert said(stack) == set()


def test_a_live_slot_cannot_be_shut_down() -> None:
    assert said("blue", applied(LIVE), edit_release("shutdown", value=True)) >= {"live-slot-serves"}


def test_an_idle_slot_and_one_in_maintenance_can() -> None:
    idle = {**LIVE, "weights": {"blue": 0.0, "green": 100.0}}
    for outputs in (idle, {**LIVE, "maintenance": True}, {}):
        assert said("blue", applied(outputs), edit_release("shutdown", value=True)) == set()


def test_a_slot_whose_gate_saw_nothing_of_traffic_is_blocked() -> None:
    assert "live-slot-known" in said("blue", edit_outputs(GATE, "gate", "held", []))


@pytest.mark.parametrize("value", [UNKNOWN, "something", [UNKNOWN], [{"type": UNKNOWN}]])
def test_what_the_gate_saw_and_nobody_can_read_is_blocked(value: Value) -> None:
    assert "live-slot-known" in said("blue", edit_outputs(GATE, "gate", "held", value))


def test_users_go_only_where_the_gate_looked() -> None:
    assert "traffic-ready-slots" in said("traffic", edit_outputs(GATE, "gate", "held", []))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("held[0].properties.status.readyReplicas", 2.0),
        ("held[0].properties.status.observedGeneration", 0.0),
        ("held[0].properties.spec.template.spec.containers[0].image", "other"),
        ("held[1].properties.data.shutdown", "true"),
        ("held[0].properties.status.readyReplicas", UNKNOWN),
    ],
)
def test_users_go_only_to_a_slot_that_the_gate_found_ready(path: str, value: Value) -> None:
    assert "traffic-ready-slots" in said("traffic", edit_outputs(GATE, "gate", path, value))
