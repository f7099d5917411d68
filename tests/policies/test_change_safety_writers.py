"""What writes to the shared database, and when the old schema may go."""

from __future__ import annotations

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.changing import BLUE, READY, job, looked_up, refers, stack_says
from tests.policies.judging import Pack, container, pod_spec, resource

COMPONENT, STEP = "app.kubernetes.io/component", "stratmaster.com/migration"


@pytest.mark.parametrize(
    ("writer", "refused"),
    [
        (job("CronJob"), True),
        (job("StatefulSet"), True),
        (job(**{COMPONENT: "backup"}), True),
        (job(**{COMPONENT: "database-maintenance"}), True),
        (job("Deployment", **{COMPONENT: "index-refresh"}), True),
        (job("Deployment", **{COMPONENT: UNKNOWN}), True),
        (job("Deployment", **{COMPONENT: "maintenance"}), False),  # the page
        (job(**{COMPONENT: "migration"}), False),
        (job("Deployment"), False),
    ],
)
@pytest.mark.parametrize("role", ["slot", "traffic", ""])
def test_what_writes_once_stands_in_the_foundation(writer: Resource, role: str, *, refused: bool) -> None:
    assert bool(stack_says("writers-in-foundation", writer, pack=Pack().of(role=role))) is refused
    for allowed in (Pack().of(role="foundation"), Pack().of(environment="development")):
        assert stack_says("writers-in-foundation", writer, pack=allowed) == []


def test_a_database_stands_in_the_foundation() -> None:
    inputs: Properties = {"kind": "Cluster", "metadata": BLUE, "spec": {"instances": 3}}
    assert stack_says("writers-in-foundation", resource("kubernetes:postgresql.cnpg.io/v1:Cluster", inputs=inputs))


GREEN: Properties = {**BLUE, "namespace": "stratmaster-green"}


def other(replicas: Value, running: Value = None) -> Resource:
    found: Properties = {
        "kind": "Deployment",
        "metadata": GREEN,
        "spec": {"replicas": replicas, "template": {"spec": pod_spec()}},
        "status": {"replicas": running},
    }
    return looked_up("Deployment", found)


@pytest.mark.parametrize("step", [job(**{STEP: "contract"}), job(annotations={STEP: "contract"})])
@pytest.mark.parametrize(
    ("found", "refused"),
    [
        ([], True),
        ([other(0)], False),
        ([other(0, 2)], True),
        ([other(3, 3)], True),
        ([other(None)], True),
        ([other(UNKNOWN)], True),
        ([READY[0]], True),  # this slot's own
        ([refers({}, "green")], False),  # never released
        ([refers({"deployment": "stratmaster-api"}, "green")], True),
        ([refers(UNKNOWN, "green")], True),
    ],
)
def test_the_old_schema_goes_only_when_the_other_slot_is_at_zero(
    step: Resource, found: list[Resource], *, refused: bool
) -> None:
    assert bool(stack_says("contract-after-shutdown", step, *found)) is refused


@pytest.mark.parametrize(
    ("step", "refused"),
    [
        (job(**{COMPONENT: "migration", STEP: "expand"}), False),
        (job(**{COMPONENT: "migration"}), True),
        (job(**{COMPONENT: "migration", STEP: "other"}), True),
        (job(**{COMPONENT: "migration", STEP: UNKNOWN}), True),
        (job(), False),
    ],
)
def test_a_migration_says_which_step_it_takes(step: Resource, *, refused: bool) -> None:
    assert bool(stack_says("contract-after-shutdown", step)) is refused


@pytest.mark.parametrize(("argument", "refused"), [("--contract", True), (UNKNOWN, True), ("--verbose", False)])
def test_a_step_does_what_its_label_says(argument: Value, *, refused: bool) -> None:
    spec = pod_spec(containers=[container(args=["migrate", argument])])
    template: Properties = {"metadata": {"labels": {STEP: "expand"}}, "spec": spec}
    inputs: Properties = {"kind": "Job", "metadata": BLUE, "spec": {"template": template}}
    assert bool(stack_says("contract-after-shutdown", resource("kubernetes:batch/v1:Job", inputs=inputs))) is refused


def test_a_contract_step_stands_in_a_slot() -> None:
    step, foundation = job(**{STEP: "contract"}), Pack().of(stack="production", role="foundation")
    assert stack_says("contract-after-shutdown", step, other(0), pack=foundation)
