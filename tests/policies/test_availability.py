"""What keeps a service up while nodes are drained and versions change."""

from __future__ import annotations

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, pod_spec, resource

METADATA: Properties = {"name": "api", "namespace": "stratmaster-blue"}
SELECTOR: Properties = {"matchLabels": {"app": "api"}}
RULES = (
    "availability-replicas",
    "availability-budget",
    "availability-budget-allows",
    "availability-rolling-update",
)


def workload(kind: str = "Deployment", **spec: Value) -> Resource:
    template: Properties = {"metadata": {"labels": {"app": "api"}}, "spec": pod_spec()}
    inputs: Properties = {"kind": kind, "metadata": METADATA, "spec": {"template": template, **spec}}
    return resource(f"kubernetes:apps/v1:{kind}", inputs=inputs, name="api")


def autoscaler(least: Value = None, kind: str = "Deployment") -> Resource:
    spec: Properties = {"scaleTargetRef": {"kind": kind, "name": "api"}, "minReplicas": least, "maxReplicas": 9}
    inputs: Properties = {"kind": "HorizontalPodAutoscaler", "metadata": METADATA, "spec": spec}
    return resource("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", inputs=inputs, name="scaler")


def budget(_name: str = "budget", /, **spec: Value) -> Resource:
    inputs: Properties = {
        "kind": "PodDisruptionBudget",
        "metadata": {**METADATA, "name": _name},
        "spec": {"selector": SELECTOR, **spec},
    }
    return resource("kubernetes:policy/v1:PodDisruptionBudget", inputs=inputs, name=_name)


def stack_says(rule: str, *declared: Resource, environment: str = "production") -> list[str]:
    return [each.sentence for each in Pack().of(environment=environment).stack(*declared) if each.rule == rule]


@pytest.mark.parametrize(
    ("declared", "refused"),
    [
        ([workload(replicas=2)], False),
        ([workload(replicas=1)], True),
        ([workload()], True),
        ([workload(replicas=UNKNOWN)], True),
        ([workload(replicas="2")], True),
        ([workload(replicas=0)], False),  # shut down on purpose
        ([workload(), autoscaler(2)], False),
        ([workload(replicas=3), autoscaler(1)], True),
        ([workload(replicas=3), autoscaler()], True),
        ([workload(), autoscaler(UNKNOWN)], True),
        ([workload(), autoscaler(2, kind="StatefulSet")], True),
        ([workload("StatefulSet", replicas=1)], True),
        ([workload("StatefulSet"), autoscaler(3, kind="StatefulSet")], False),
    ],
)
def test_a_workload_has_two_pods_at_the_least(declared: list[Resource], *, refused: bool) -> None:
    assert bool(stack_says("availability-replicas", *declared)) is refused
    assert stack_says("availability-replicas", *declared, environment="development") == []


@pytest.mark.parametrize(
    ("name", "role", "refused"),
    [
        ("redis", "foundation", False),
        ("redis", "slot", True),
        ("api", "foundation", True),
        (UNKNOWN, "foundation", True),
    ],
)
def test_only_what_the_rule_names_is_one_pod_and_only_in_the_foundation(
    name: Value, role: str, *, refused: bool
) -> None:
    template: Properties = {"metadata": {"labels": {"app": "api"}}, "spec": pod_spec()}
    metadata: Properties = {**METADATA, "labels": {"app.kubernetes.io/name": name}}
    inputs: Properties = {"kind": "Deployment", "metadata": metadata, "spec": {"template": template, "replicas": 1}}
    said = Pack().of(role=role).stack(resource("kubernetes:apps/v1:Deployment", inputs=inputs))
    assert ("availability-replicas" in {each.rule for each in said}) is refused


@pytest.mark.parametrize(("instances", "refused"), [(3, False), (1, True), (None, True), (UNKNOWN, True)])
def test_a_database_has_two_instances_at_the_least(instances: Value, *, refused: bool) -> None:
    inputs: Properties = {"kind": "Cluster", "metadata": METADATA, "spec": {"instances": instances}}
    cluster = resource("kubernetes:postgresql.cnpg.io/v1:Cluster", inputs=inputs)
    assert bool(stack_says("availability-replicas", cluster)) is refused


@pytest.mark.parametrize(
    ("declared", "refused"),
    [
        ([budget(maxUnavailable=1)], False),
        ([], True),
        ([budget(selector={"matchLabels": {"app": "web"}}, maxUnavailable=1)], True),
        ([budget(selector={}, maxUnavailable=1)], False),
        ([budget(selector=UNKNOWN, maxUnavailable=1)], True),
        ([budget(maxUnavailable=1), budget("again", maxUnavailable=1)], True),
    ],
)
def test_several_pods_have_one_budget(declared: list[Resource], *, refused: bool) -> None:
    assert bool(stack_says("availability-budget", workload(replicas=3), *declared)) is refused
    for alone in (0, 1):
        assert stack_says("availability-budget", workload(replicas=alone), *declared) == []


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({"maxUnavailable": 1}, False),
        ({"maxUnavailable": "10%"}, False),
        ({"maxUnavailable": 0}, True),
        ({"maxUnavailable": "0%"}, True),
        ({"maxUnavailable": UNKNOWN}, True),
        ({"maxUnavailable": "some"}, True),
        ({"minAvailable": 2}, False),
        ({"minAvailable": 3}, True),
        ({"minAvailable": "66%"}, False),  # two of three
        ({"minAvailable": "67%"}, True),  # rounded up to three of three
        ({"minAvailable": UNKNOWN}, True),
        ({}, True),
    ],
)
def test_a_budget_lets_one_pod_of_the_least_number_go(spec: Properties, *, refused: bool) -> None:
    declared = (workload(replicas=9), autoscaler(3), budget(**spec))
    assert bool(stack_says("availability-budget-allows", *declared)) is refused


def test_a_budget_of_a_workload_that_is_shut_down_holds_up_nothing() -> None:
    assert stack_says("availability-budget-allows", workload(replicas=0), budget(minAvailable=1)) == []


@pytest.mark.parametrize(
    ("strategy", "refused"),
    [
        (None, False),
        ({"type": "RollingUpdate"}, False),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, False),
        ({"rollingUpdate": {"maxUnavailable": 2}}, False),
        ({"rollingUpdate": {"maxUnavailable": "50%"}}, False),
        ({"rollingUpdate": {"maxUnavailable": 3}}, True),
        ({"rollingUpdate": {"maxUnavailable": "75%"}}, True),
        ({"rollingUpdate": {"maxUnavailable": UNKNOWN}}, True),
        ({"type": "Recreate"}, True),
        ({"type": UNKNOWN}, True),
        (UNKNOWN, True),
    ],
)
def test_an_update_leaves_half_of_the_pods_up(strategy: Value, *, refused: bool) -> None:
    assert bool(stack_says("availability-rolling-update", workload(replicas=4, strategy=strategy))) is refused
    assert stack_says("availability-rolling-update", workload(replicas=1, strategy={"type": "Recreate"})) == []


def test_a_stateful_set_that_waits_for_somebody_to_delete_its_pods_is_refused() -> None:
    waiting = workload("StatefulSet", replicas=3, updateStrategy={"type": "OnDelete"})
    assert stack_says("availability-rolling-update", waiting)


@pytest.mark.parametrize("rule", RULES)
def test_a_patch_leaves_what_it_does_not_name(rule: str) -> None:
    inputs: Properties = {"kind": "Deployment", "metadata": METADATA, "spec": {"template": {"spec": pod_spec()}}}
    assert stack_says(rule, resource("kubernetes:apps/v1:DeploymentPatch", inputs=inputs)) == []
