"""Asks the pack over its own protocol, in the terms that the rules' tests speak.

`Pack` is the pack's servicer in this process: requests are the protobufs that the engine sends (ints as floats, secrets
and unknowns as sentinels, dependencies beside the properties), so nothing but the socket is left out. What has to be
seen through a process of the pack's own is in `test_pack` and `test_stacks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, cast

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel

from policies.pack.exemptions import Exemption, Exemptions
from policies.pack.helm.release import Renderer
from policies.pack.judge import Judge
from policies.pack.look_into import look_into
from policies.pack.model.resource import Contents, Context
from policies.pack.model.resource import Resource as Judged
from policies.pack.protocol.analysis import Run
from policies.pack.protocol.servicer import NAME, VERSION, Analyzer, analyzer, described
from rehearsal.engine import analyzer_messages as messages
from rehearsal.engine import urn as urns
from rehearsal.engine.analyzers import AnalyzedResource
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value

ROOT: Final = Path(__file__).parents[2]
PACK: Final = ROOT / "policies"
IMAGE: Final = "ghcr.io/iamjonobo/stratmaster-api:v1.2.3@sha256:" + "0a" * 32
PINS: Final[Properties] = {"context": "stratmaster", "clusterIdentifier": "3f0c"}
TODAY: Final = date(2026, 11, 23)
_SLOT: Final = Context(stack="blue", environment="production", role="slot")


@dataclass(frozen=True, kw_only=True, order=True)
class Said:
    """One violation, as the engine is told: the rule, the resource's name, and the sentence of place and problem."""

    rule: str
    name: str
    sentence: str
    mandatory: bool = True


def resource(  # noqa: PLR0913 one argument for each thing a test may set
    type_: str,
    *,
    inputs: Mapping[str, Value] | None = None,
    outputs: Mapping[str, Value] | None = None,
    name: str = "it",
    stack: str = "blue",
    protect: bool = False,
    dependencies: Mapping[str, Sequence[str]] | None = None,
    external: bool = False,
) -> Resource:
    """A resource of a stack; `dependencies` are URNs by the property that uses them."""
    urn = urns.make(stack=stack, project="stratmaster", parent="", type_=type_, name=name)
    own = {key: list(value) for key, value in (dependencies or {}).items()}
    return Resource(
        urn=urn,
        type=type_,
        custom=True,
        inputs=dict(inputs or {}),
        outputs=dict(outputs or inputs or {}),
        protect=protect,
        external=external,
        dependencies=tuple(sorted({each for value in own.values() for each in value})),
        property_dependencies={key: tuple(value) for key, value in own.items()},
    )


PINNED: Final = resource("pulumi:providers:kubernetes", inputs=PINS, name="cluster")


@dataclass(frozen=True)
class Remembering(Renderer):
    """Renders the same release once a test run, not once a test."""

    def contents(self, resource: Judged) -> Contents:
        key = repr((resource.urn, resource.context, resource.properties, sorted(resource.secrets)))
        if key not in _RENDERED:
            _RENDERED[key] = super().contents(resource)
        return _RENDERED[key]


_RENDERED: Final[dict[str, Contents]] = {}


@dataclass(frozen=True, kw_only=True)
class Ignoring(Resource):
    """A resource whose option ignoreChanges names some paths; the engine keeps no such option in its state."""

    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The pack in this process, for a stack of one role and environment."""

    context: Context = _SLOT
    exemptions: tuple[Exemption, ...] = ()
    today: date = TODAY
    config: Mapping[str, EnforcementLevel] = field(default_factory=dict[str, EnforcementLevel])

    def of(self, **changes: str) -> Pack:
        """The same for another stack, environment or role."""
        return replace(self, context=replace(self.context, **changes))

    def resource(self, subject: Resource, provider: Resource | None = PINNED) -> list[Said]:
        """What is said about one resource by itself."""
        return self._asked(self._servicer(), _shown(subject, _provider(subject, provider)))

    def stack(self, *resources: Resource, provider: Resource | None = PINNED) -> list[Said]:
        """What is said about a stack of resources, look-ups (`external`) among them: about each, then about all."""
        servicer = self._servicer()
        by_urn = {each.urn: each for each in resources}
        shown = [_shown(each, by_urn.get(each.provider_urn) or _provider(each, provider)) for each in resources]
        found = [each for own in shown if not own.resource.external for each in self._asked(servicer, own)]
        request = _sent(messages.for_stack(shown), analyzer_pb2.AnalyzeStackRequest)
        return found + _said(servicer.AnalyzeStack(request))

    def findings(self, rule: str, type_: str, inputs: Mapping[str, Value]) -> list[str]:
        """The sentences of one rule's mandatory violations for one resource."""
        return [each.sentence for each in self.resource(resource(type_, inputs=inputs)) if each.rule == rule]

    def _asked(self, servicer: Analyzer, shown: AnalyzedResource) -> list[Said]:
        return _said(servicer.Analyze(_sent(messages.for_analysis(shown), analyzer_pb2.AnalyzeRequest)))

    def _servicer(self) -> Analyzer:
        judge = Judge(Exemptions(today=self.today, entries=self.exemptions))
        run = Run(context=self.context, judge=judge, look_into=partial(look_into, Remembering(ROOT)))
        return analyzer(run)(NAME, VERSION, described(), EnforcementLevel.ADVISORY)


def _shown(subject: Resource, provider: Resource | None) -> AnalyzedResource:
    ignored = subject.ignore_changes if isinstance(subject, Ignoring) else ()
    return AnalyzedResource(resource=subject, provider=provider, ignore_changes=ignored)


def _provider(subject: Resource, provider: Resource | None) -> Resource | None:
    return provider if subject.type.startswith("kubernetes:") else None


Message = TypeVar("Message", analyzer_pb2.AnalyzeRequest, analyzer_pb2.AnalyzeStackRequest)


def _sent(message: Message, kind: type[Message]) -> Message:
    """A message as it comes out at the other end of the wire."""
    return kind.FromString(message.SerializeToString())


def _said(response: analyzer_pb2.AnalyzeResponse) -> list[Said]:
    return [
        Said(
            rule=each.policyName,
            name=each.urn.rsplit("::", 1)[-1],
            sentence=each.message.splitlines()[1],
            mandatory=each.enforcementLevel == analyzer_pb2.MANDATORY,
        )
        for each in response.diagnostics
    ]


def pod_spec(**changes: Value) -> Properties:
    """A pod spec that every rule accepts, with the fields in `changes` replaced."""
    spec: Properties = {
        "serviceAccountName": "stratmaster-api",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container()],
    }
    return {**spec, **changes}


def container(**changes: Value) -> Properties:
    """A container that every rule accepts, with the fields in `changes` replaced."""
    return {
        "name": "api",
        "image": IMAGE,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "failureThreshold": 6},
        **changes,
    }


def every_kind(spec: Value, annotations: Value = None) -> Iterator[tuple[str, Properties]]:
    """`spec` in each kind of object that can carry a pod, as Pulumi's type and its inputs.

    Args:
        spec: the pod's.
        annotations: the pod's own.
    """
    template: Properties = {"metadata": {"labels": {"app": "api"}, "annotations": annotations}, "spec": spec}
    pod = _object("v1", "Pod", spec, annotations)
    yield "kubernetes:core/v1:Pod", pod
    pod_template: Properties = {"apiVersion": "v1", "kind": "PodTemplate", "template": template}
    yield "kubernetes:core/v1:PodTemplate", pod_template
    yield "kubernetes:core/v1:ReplicationController", _object("v1", "ReplicationController", {"template": template})
    for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        controller = _object("apps/v1", kind, {"replicas": 2, "template": template})
        yield f"kubernetes:apps/v1:{kind}", controller
        yield f"kubernetes:apps/v1:{kind}List", {"kind": f"{kind}List", "items": [controller]}
        yield f"kubernetes:apps/v1:{kind}Patch", controller
    yield "kubernetes:batch/v1:Job", _object("batch/v1", "Job", {"template": template})
    yield "kubernetes:batch/v1:CronJob", cron_job(spec, annotations)
    yield "kubernetes:core/v1:List", {"kind": "List", "items": [cron_job(spec, annotations)]}
    rollout = _object("argoproj.io/v1alpha1", "Rollout", {"template": template})
    yield "kubernetes:argoproj.io/v1alpha1:Rollout", rollout
    yield "kubernetes:v1:Pod", pod


def cron_job(spec: Value, annotations: Value = None) -> Properties:
    """A CronJob of `spec`."""
    template: Properties = {"metadata": {"annotations": annotations}, "spec": spec}
    return _object("batch/v1", "CronJob", {"schedule": "0 2 * * *", "jobTemplate": {"spec": {"template": template}}})


def _object(api_version: str, kind: str, spec: Value, annotations: Value = None) -> Properties:
    metadata: Properties = {"name": "it", "namespace": "stratmaster-blue", "annotations": annotations}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def replaced(value: Value, path: Sequence[str | int], new: Value) -> Value:
    """A copy of `value` with `new` at `path`."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, Mapping):
        return {name: replaced(item, rest, new) if name == key else item for name, item in value.items()}
    assert isinstance(value, Sequence)
    items = cast("Sequence[Value]", value)
    return [replaced(item, rest, new) if index == key else item for index, item in enumerate(items)]
