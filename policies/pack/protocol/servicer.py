"""The pack's side of the analyzer protocol: the one module that knows the policy SDK's inside.

The SDK (pulumi-policy 1.21) strips secretness before a rule sees it, decodes every property anew for every policy,
skips policies that the user's config disables before they could say so, and hands stack policies outputs only. Here its
servicer is kept for all that describes the pack, and the two questions of the engine are answered from the request
itself: decoded once, unknowns and secrets in their place, every rule asked, whatever the config says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ResourceValidationPolicy,
    Severity,
    StackValidationPolicy,
)
from pulumi_policy import policy as sdk

from ..catalogue import RULES, STACK_RULES
from ..judge import Judge, Verdict
from ..model.record import AnyRule, Rule
from ..model.resource import Contents, Context, Options, Provider, Resource
from ..model.stack import Stack
from .wire import Reader

if TYPE_CHECKING:
    import grpc

NAME: Final = "stratmaster"
VERSION: Final = "0.1.0"
_LEVELS: Final = {
    "mandatory": analyzer_pb2.MANDATORY,
    "advisory": analyzer_pb2.ADVISORY,
}
_SEVERITIES: Final = {
    "low": analyzer_pb2.POLICY_SEVERITY_LOW,
    "medium": analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    "high": analyzer_pb2.POLICY_SEVERITY_HIGH,
    "critical": analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run judges, and by what."""

    context: Context
    judge: Judge
    look_into: Callable[[Resource], Contents]


def serve_pack(run: Run) -> None:
    """Serve until the process is ended; never returns."""
    sdk._PolicyAnalyzerServicer = analyzer(run)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] the SDK makes its servicer by itself
    PolicyPack(name=NAME, policies=described())


def described() -> list[Policy]:
    """All rules as the SDK describes them to the engine."""
    return [_described(rule) for rule in (*RULES, *STACK_RULES)]


def _described(rule: AnyRule) -> Policy:
    """`rule` as the SDK describes it to the engine; it is never asked through this."""
    kind = ResourceValidationPolicy if isinstance(rule, Rule) else StackValidationPolicy
    return kind(
        name=rule.id,
        description=rule.title,
        validate=_asked_elsewhere,
        enforcement_level=EnforcementLevel(rule.enforcement),
        severity=Severity(rule.severity),
        tags=list(rule.frameworks),
        remediation_steps=rule.mend,
    )


def _asked_elsewhere(*_: object) -> None:
    """In place of a policy's own function, which only the SDK's servicer would call."""


class Analyzer(sdk._PolicyAnalyzerServicer):  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    """Answers the engine for one run.

    What Analyze was shown is kept: AnalyzeStack gets outputs only, and rules judge what is declared.
    """

    run: Run

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # pyright: ignore[reportArgumentType] handed through as they are
        self._judged: dict[str, Resource] = {}
        self._switched_off: tuple[str, ...] = ()
        self._lock = Lock()

    def Analyze(  # noqa: N802 the protocol's name
        self, request: analyzer_pb2.AnalyzeRequest, _context: grpc.ServicerContext | None = None
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource's inputs, before its step is carried out."""
        resource = self._resource(request, Options())
        with self._lock:
            self._judged[resource.urn] = resource
        return _response(self.run.judge.resource(resource))

    def AnalyzeStack(  # noqa: N802 the protocol's name
        self, request: analyzer_pb2.AnalyzeStackRequest, _context: grpc.ServicerContext | None = None
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge all resources together, once every one of them is known."""
        resources = tuple(self._in_stack(each) for each in request.resources)
        reads = frozenset(each.urn for each in resources if each.urn not in self._judged)
        stack = Stack(context=self.run.context, resources=resources, reads=reads)
        response = _response(self.run.judge.stack(stack))
        response.diagnostics.extend(_switched_off(rule) for rule in RULES if rule.id in self._switched_off)
        response.diagnostics.extend(_switched_off(rule) for rule in STACK_RULES if rule.id in self._switched_off)
        return response

    def Configure(  # noqa: N802 the protocol's name
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, _context: grpc.ServicerContext | None = None
    ) -> empty_pb2.Empty:
        """Note which essential rules the user's config weakens; they are asked all the same, and it is reported."""
        weakened = {
            name for name, config in request.policyConfig.items() if config.enforcementLevel != analyzer_pb2.MANDATORY
        }
        essential = {rule.id for rule in (*RULES, *STACK_RULES) if rule.enforcement == "mandatory"}
        self._switched_off = tuple(sorted(weakened & essential))
        return empty_pb2.Empty()

    def _in_stack(self, shown: analyzer_pb2.AnalyzerResource) -> Resource:
        own = {key: tuple(dependencies.urns) for key, dependencies in shown.propertyDependencies.items()}
        options = Options(parent=shown.parent, dependencies=tuple(shown.dependencies), property_dependencies=own)
        judged = self._judged.get(shown.urn)
        if judged is None:
            return self._resource(shown, options)
        return replace(
            judged,
            options=replace(options, protect=judged.options.protect, ignore_changes=judged.options.ignore_changes),
            look_into=_known(judged.contents),
        )

    def _resource(
        self, shown: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource, options: Options
    ) -> Resource:
        reader = Reader()
        return Resource(
            urn=shown.urn,
            type=shown.type,
            name=shown.name,
            properties=reader.properties(shown.properties),
            secrets=frozenset(reader.secrets),
            options=replace(
                options,
                protect=shown.options.protect,
                ignore_changes=tuple(shown.options.ignoreChanges),
                parent=shown.options.parent or options.parent,
            ),
            provider=_provider(shown.provider) if shown.HasField("provider") else None,
            context=self.run.context,
            look_into=self.run.look_into,
        )


def _known(contents: Contents) -> Callable[[Resource], Contents]:
    return lambda _: contents


def analyzer(of_run: Run) -> type[Analyzer]:
    """The class of a run's analyzer, to be made with the arguments that the SDK gives its own."""

    class OfRun(Analyzer):
        run = of_run

    return OfRun


def _provider(shown: analyzer_pb2.AnalyzerProviderResource) -> Provider:
    return Provider(name=shown.name, properties=Reader().properties(shown.properties))


def _response(verdicts: Iterable[Verdict]) -> analyzer_pb2.AnalyzeResponse:
    return analyzer_pb2.AnalyzeResponse(
        diagnostics=[_diagnostic(each.rule, each.message, each.finding.source.urn) for each in verdicts]
    )


def _diagnostic(rule: AnyRule, message: str, urn: str) -> analyzer_pb2.AnalyzeDiagnostic:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=rule.id,
        policyPackName=NAME,
        policyPackVersion=VERSION,
        description=rule.title,
        message=f"{rule.title}\n{message}",
        enforcementLevel=_LEVELS[rule.enforcement],
        urn=urn,
        severity=_SEVERITIES[rule.severity],
    )


def _switched_off(rule: AnyRule) -> analyzer_pb2.AnalyzeDiagnostic:
    return _diagnostic(
        rule,
        f"The policy config weakens {rule.id}, which is essential.\n"
        "Take it out of --policy-pack-config; what has to pass for a while goes into policies/exemptions.yaml.",
        "",
    )
