"""Asks the real pack over the real protocol, in the terms that the rules' tests speak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine import urn as urns
from rehearsal.engine.analyzers import AnalyzedResource, Analyzers, Violation
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value

PACK = Path(__file__).parents[2] / "policies"
IMAGE = "ghcr.io/iamjonobo/stratmaster-api:v1.2.3@sha256:" + "0a" * 32
PINS: Properties = {"context": "stratmaster", "clusterIdentifier": "3f0c"}


def resource(
    type_: str,
    *,
    inputs: Mapping[str, Value] | None = None,
    outputs: Mapping[str, Value] | None = None,
    name: str = "it",
) -> Resource:
    """A resource of the stack blue."""
    urn = urns.make(stack="blue", project="stratmaster", parent="", type_=type_, name=name)
    return Resource(urn=urn, type=type_, custom=True, inputs=dict(inputs or {}), outputs=dict(outputs or {}))


PINNED = resource("pulumi:providers:kubernetes", inputs=PINS, name="cluster")


@dataclass(frozen=True)
class Judge:
    """The pack, and what it says about one resource."""

    analyzers: Analyzers

    def violations(
        self, type_: str, inputs: Mapping[str, Value], provider: Resource | None = PINNED
    ) -> list[Violation]:
        return self.analyzers.analyze(AnalyzedResource(resource=resource(type_, inputs=inputs), provider=provider))

    def findings(
        self, rule: str, type_: str, inputs: Mapping[str, Value], provider: Resource | None = PINNED
    ) -> list[str]:
        """The sentences of one rule's mandatory violations: path, then problem."""
        found = self.violations(type_, inputs, provider)
        return [item.message.splitlines()[1] for item in found if item.policy == rule and item.mandatory]


def pod_spec(**changes: Value) -> Properties:
    """A pod spec that every rule accepts, with the fields in `changes` replaced."""
    return {"hostPID": False, "containers": [container()], **changes}


def container(**changes: Value) -> Properties:
    """A container that every rule accepts, with the fields in `changes` replaced."""
    return {"name": "api", "image": IMAGE, "securityContext": {"privileged": False}, **changes}


def every_kind(spec: Value) -> Iterator[tuple[str, Properties]]:
    """`spec` in each kind of object that can carry a pod, as Pulumi's type and its inputs."""
    template: Properties = {"metadata": {"labels": {"app": "api"}}, "spec": spec}
    yield "kubernetes:core/v1:Pod", _object("v1", "Pod", spec)
    pod_template: Properties = {"apiVersion": "v1", "kind": "PodTemplate", "template": template}
    yield "kubernetes:core/v1:PodTemplate", pod_template
    yield "kubernetes:core/v1:ReplicationController", _object("v1", "ReplicationController", {"template": template})
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        controller = _object("apps/v1", kind, {"replicas": 2, "template": template})
        yield f"kubernetes:apps/v1:{kind}", controller
        yield f"kubernetes:apps/v1:{kind}List", {"kind": f"{kind}List", "items": [controller]}
        yield f"kubernetes:apps/v1:{kind}Patch", controller
    yield "kubernetes:batch/v1:Job", _object("batch/v1", "Job", {"template": template})
    yield "kubernetes:batch/v1:CronJob", cron_job(spec)
    yield "kubernetes:core/v1:List", {"kind": "List", "items": [cron_job(spec)]}
    rollout = _object("argoproj.io/v1alpha1", "Rollout", {"template": template})
    yield "kubernetes:argoproj.io/v1alpha1:Rollout", rollout
    yield "kubernetes:v1:Pod", _object("v1", "Pod", spec)


def cron_job(spec: Value) -> Properties:
    """A CronJob of `spec`."""
    template: Properties = {"spec": spec}
    return _object("batch/v1", "CronJob", {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}})


def _object(api_version: str, kind: str, spec: Value) -> Properties:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "it"}, "spec": spec}


def replaced(value: Value, path: Sequence[str | int], new: Value) -> Value:
    """A copy of `value` with `new` at `path`."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {name: replaced(item, rest, new) if name == key else item for name, item in value.items()}
    assert isinstance(value, Sequence)
    return [replaced(item, rest, new) if index == key else item for index, item in enumerate(value)]
