"""What a live slot keeps, and where users are sent."""

from __future__ import annotations

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.changing import DECLARED, DEPLOYMENT, READY, looked_up, refers, slot, stack_says
from tests.policies.judging import Pack, resource

LIVE_RULES = ("live-slot-serves", "live-slot-budget", "live-slot-minimum")
APPLIED: Properties = {"host": "x", "weights": {"blue": 100.0, "green": 0.0}, "maintenance": False}
LIVE = refers(APPLIED)
BROKEN: list[tuple[str, list[Resource]]] = [
    ("live-slot-serves", slot(0)),
    ("live-slot-serves", slot(UNKNOWN)),
    ("live-slot-serves", slot(shutdown="true")),
    ("live-slot-serves", slot(shutdown=UNKNOWN)),
    ("live-slot-serves", []),
    ("live-slot-budget", slot(budget=False)),
    ("live-slot-minimum", slot(2)),
    ("live-slot-minimum", slot(UNKNOWN)),
]


@pytest.mark.parametrize(("rule", "declared"), BROKEN)
def test_a_live_slot_keeps_what_serves_its_users(rule: str, declared: list[Resource]) -> None:
    assert stack_says(rule, LIVE, *declared)


@pytest.mark.parametrize("rule", LIVE_RULES)
def test_a_live_slot_that_is_whole_is_fine(rule: str) -> None:
    assert stack_says(rule, LIVE, *slot()) == []


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        {**APPLIED, "maintenance": True},
        {**APPLIED, "weights": {"blue": 0.0, "green": 100.0}},
        {**APPLIED, "weights": {"green": 100.0}},
    ],
    ids=["traffic was never updated", "maintenance", "the other slot is live", "a slot without a weight"],
)
@pytest.mark.parametrize(("rule", "declared"), [each for each in BROKEN if each[0] in LIVE_RULES])
def test_a_slot_without_users_may_go(rule: str, declared: list[Resource], outputs: Value) -> None:
    assert stack_says(rule, refers(outputs), *declared) == []


@pytest.mark.parametrize(
    "outputs",
    [
        UNKNOWN,
        {**APPLIED, "weights": UNKNOWN},
        {**APPLIED, "weights": {"blue": UNKNOWN}},
        {**APPLIED, "maintenance": UNKNOWN},
        {**APPLIED, "maintenance": "no"},
        {"host": "x"},
    ],
)
@pytest.mark.parametrize("rule", LIVE_RULES)
def test_a_slot_of_which_nobody_knows_is_taken_for_live(rule: str, outputs: Value) -> None:
    declared = next(own for name, own in BROKEN if name == rule)
    assert stack_says(rule, refers(outputs), *declared)


@pytest.mark.parametrize("references", [[], [refers(APPLIED, "production")]])
def test_a_slot_of_production_refers_to_traffic(references: list[Resource]) -> None:
    assert stack_says("live-slot-known", *references, *slot())
    assert stack_says("live-slot-serves", *references, *slot(0))
    assert stack_says("live-slot-known", LIVE, *slot()) == []
    for other in (Pack().of(role="traffic"), Pack().of(environment="development")):
        assert stack_says("live-slot-known", *references, *slot(), pack=other) == []


def test_the_stack_that_sends_users_may_have_another_name() -> None:
    pack = Pack().of(traffic="front")
    assert stack_says("live-slot-known", LIVE, *slot(), pack=pack)
    assert stack_says("live-slot-serves", refers(APPLIED, "front"), *slot(0), pack=pack)


def test_traffic_without_weights_is_named() -> None:
    assert stack_says("live-slot-known", refers({"host": "x"}), *slot()) == [
        "outputs.weights isn't there, so that nobody can tell whether the slot is live."
    ]


def route(**backend: Value) -> Resource:
    to: Properties = {"name": "stratmaster-api", "namespace": "stratmaster-blue", "port": 80, **backend}
    inputs: Properties = {
        "kind": "HTTPRoute",
        "metadata": {"name": "app", "namespace": "stratmaster-production"},
        "spec": {"rules": [{"backendRefs": [to]}]},
    }
    return resource("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", inputs=inputs)


def test_users_go_to_a_slot_that_was_looked_up_and_is_ready() -> None:
    assert stack_says("traffic-ready-slots", route(weight=100), *READY) == []


@pytest.mark.parametrize("found", [(), READY[:1], READY[1:]], ids=["nothing", "the Deployment", "the declaration"])
def test_users_go_nowhere_that_nobody_looked_up(found: tuple[Resource, ...]) -> None:
    for weighted in (route(), route(weight=1), route(weight=UNKNOWN), route(namespace=UNKNOWN)):
        assert stack_says("traffic-ready-slots", weighted, *found)
    assert stack_says("traffic-ready-slots", route(weight=0), *found) == []


@pytest.mark.parametrize(
    "status",
    [
        {"readyReplicas": 2},
        {"replicas": 4},  # of the three that are ready, one may be old
        {"updatedReplicas": 2},
        {"readyReplicas": None},
        {"readyReplicas": UNKNOWN},
        {"observedGeneration": 1},
    ],
)
def test_users_do_not_go_to_a_slot_that_is_not_ready(status: Properties) -> None:
    own = DEPLOYMENT["status"]
    assert isinstance(own, dict)
    unready = looked_up("Deployment", {**DEPLOYMENT, "status": {**own, **status}})
    assert stack_says("traffic-ready-slots", route(), unready, READY[1])


@pytest.mark.parametrize(
    "data",
    [
        {"image": "ghcr.io/iamjonobo/stratmaster-api:v1"},
        {"image": UNKNOWN},
        {"minReplicas": "4"},
        {"minReplicas": "many"},
        {"shutdown": "true"},
        {"shutdown": UNKNOWN},
    ],
)
def test_users_do_not_go_to_a_slot_that_is_not_what_it_declares(data: Properties) -> None:
    own = DECLARED["data"]
    assert isinstance(own, dict)
    assert stack_says(
        "traffic-ready-slots", route(), READY[0], looked_up("ConfigMap", {**DECLARED, "data": {**own, **data}})
    )


@pytest.mark.parametrize(
    ("target", "refused"),
    [("stratmaster-api.stratmaster-blue.svc.cluster.local", True), ("elsewhere.example.com", True), (UNKNOWN, True)],
)
def test_an_ingress_that_leads_to_a_slot_by_name_needs_the_same(target: Value, *, refused: bool) -> None:
    place: Properties = {"name": "stratmaster-blue", "namespace": "stratmaster-production"}
    backend: Properties = {"service": {"name": "stratmaster-blue", "port": {"number": 80}}}
    spec: Properties = {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}
    ingress: Properties = {"kind": "Ingress", "metadata": {**place, "name": "it"}, "spec": spec}
    named: Properties = {"type": "ExternalName", "externalName": target, "ports": [{"port": 80}]}
    declared = (
        resource("kubernetes:networking.k8s.io/v1:Ingress", inputs=ingress, name="ingress"),
        resource("kubernetes:core/v1:Service", inputs={"kind": "Service", "metadata": place, "spec": named}),
    )
    assert bool(stack_says("traffic-ready-slots", *declared)) is refused
    if isinstance(target, str) and "svc" in target:
        assert stack_says("traffic-ready-slots", *declared, *READY) == []
