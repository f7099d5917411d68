"""Slots, their reference to traffic, and what is looked up of them: what the tests of change safety speak of."""

from __future__ import annotations

from typing import Final

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value
from tests.policies.judging import IMAGE, Pack, container, pod_spec, resource

BLUE: Final[Properties] = {"name": "stratmaster-api", "namespace": "stratmaster-blue"}


def stack_says(rule: str, *declared: Resource, pack: Pack | None = None) -> list[str]:
    """The sentences of one rule about a stack."""
    return [each.sentence for each in (pack or Pack()).stack(*declared) if each.rule == rule]


def refers(outputs: Value, stack: str = "traffic") -> Resource:
    """A reference to another stack, and what was read of it."""
    read: Properties = {"name": f"organization/stratmaster/{stack}", "outputs": outputs}
    return resource("pulumi:pulumi:StackReference", inputs={}, outputs=read, name=stack, external=True)


def slot(replicas: Value = 3, *, budget: bool = True, shutdown: Value = "false") -> list[Resource]:
    """A slot: its Deployment, its budget, and what it says of itself."""
    labels: Properties = {"app": "api"}
    template: Properties = {"metadata": {"labels": labels}, "spec": pod_spec()}
    deployment: Properties = {
        "kind": "Deployment",
        "metadata": BLUE,
        "spec": {"replicas": replicas, "template": template},
    }
    spec: Properties = {"maxUnavailable": 1, "selector": {"matchLabels": labels}}
    kept: Properties = {"kind": "PodDisruptionBudget", "metadata": BLUE, "spec": spec}
    declared: Properties = {
        "kind": "ConfigMap",
        "metadata": {**BLUE, "name": "stratmaster-declared"},
        "data": {"shutdown": shutdown},
    }
    found = [
        resource("kubernetes:apps/v1:Deployment", inputs=deployment, name="api"),
        resource("kubernetes:core/v1:ConfigMap", inputs=declared, name="declared"),
    ]
    if budget:
        found.append(resource("kubernetes:policy/v1:PodDisruptionBudget", inputs=kept, name="budget"))
    return found


DEPLOYMENT: Properties = {
    "kind": "Deployment",
    "metadata": {**BLUE, "generation": 2},
    "spec": {"replicas": 3, "template": {"spec": pod_spec(containers=[container(name="api")])}},
    "status": {"observedGeneration": 2, "readyReplicas": 3, "updatedReplicas": 3, "replicas": 3},
}
DECLARED: Properties = {
    "kind": "ConfigMap",
    "metadata": {**BLUE, "name": "stratmaster-declared"},
    "data": {"image": IMAGE, "minReplicas": "3", "shutdown": "false"},
}


def looked_up(kind: str, found: Properties) -> Resource:
    """What a `.get` of one of slot blue's objects found."""
    group = "apps/v1" if kind == "Deployment" else "core/v1"
    return resource(f"kubernetes:{group}:{kind}", outputs=found, name=f"blue-{kind}", external=True)


READY = (looked_up("Deployment", DEPLOYMENT), looked_up("ConfigMap", DECLARED))


def job(kind: str = "Job", /, *, annotations: Value = None, **labels: Value) -> Resource:
    """A workload of slot blue with some labels on its pods."""
    template: Properties = {"metadata": {"labels": dict(labels)}, "spec": pod_spec()}
    metadata: Properties = {"name": "it", "namespace": "stratmaster-blue", "annotations": annotations}
    group = "batch/v1" if kind in {"Job", "CronJob"} else "apps/v1"
    spec: Properties = (
        {"jobTemplate": {"spec": {"template": template}}} if kind == "CronJob" else {"template": template}
    )
    return resource(f"kubernetes:{group}:{kind}", inputs={"kind": kind, "metadata": metadata, "spec": spec})
