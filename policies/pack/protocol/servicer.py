"""The pack's side of the analyzer protocol: the one module that knows the policy SDK's inside.

The SDK (pulumi-policy 1.21) strips secretness before a rule sees it, decodes every property anew for every policy,
skips policies that the user's config disables before they could say so, and hands stack policies outputs only. Here its
servicer is kept for all that describes the pack, and the two questions of the engine are answered from the request
itself: decoded once, unknowns and secrets in their place, every rule asked, whatever the config says.
"""

from __future__ import annotations

from collections.abc import Iterable
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
from ..judge import Verdict
from ..model.record import AnyRule, Rule
from .analysis import Analysis, Run

if TYPE_CHECKING:
    import grpc

NAME: Final = "stratmaster"
VERSION: Final = "0.1.0"
_LEVELS: Final = {
    "mandatory": analyzer_pb2.MANDATORY,
    "advisory": analyzer_pb2.ADVISORY,
}
_BLOCKING: Final = {analyzer_pb2.MANDATORY, analyzer_pb2.REMEDIATE}
_SEVERITIES: Final = {
    "low": analyzer_pb2.POLICY_SEVERITY_LOW,
    "medium": analyzer_pb2.POLICY_SEVERITY_MEDIUM,
    "high": analyzer_pb2.POLICY_SEVERITY_HIGH,
    "critical": analyzer_pb2.POLICY_SEVERITY_CRITICAL,
}


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
    """Answers the engine for one run."""

    run: Run

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # pyright: ignore[reportArgumentType] handed through as they are
        self._analysis = Analysis(self.run)
        self._switched_off: frozenset[str] = frozenset()

    def Analyze(  # noqa: N802 the protocol's name
        self, request: analyzer_pb2.AnalyzeRequest, _context: grpc.ServicerContext | None = None
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource's inputs, before its step is carried out."""
        return _response(self._analysis.resource(request))

    def AnalyzeStack(  # noqa: N802 the protocol's name
        self, request: analyzer_pb2.AnalyzeStackRequest, _context: grpc.ServicerContext | None = None
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge all resources together, once every one of them is known."""
        response = _response(self._analysis.stack(request.resources))
        weakened = (rule for rule in (*RULES, *STACK_RULES) if rule.id in self._switched_off)
        response.diagnostics.extend(_switched_off(rule) for rule in weakened)
        return response

    def Configure(  # noqa: N802 the protocol's name
        self, request: analyzer_pb2.ConfigureAnalyzerRequest, _context: grpc.ServicerContext | None = None
    ) -> empty_pb2.Empty:
        """Note which essential rules the user's config weakens; they are asked all the same, and it is reported."""
        configs = request.policyConfig.items()
        weakened = {name for name, config in configs if config.enforcementLevel not in _BLOCKING}
        essential = {rule.id for rule in (*RULES, *STACK_RULES) if rule.enforcement == "mandatory"}
        self._switched_off = frozenset(weakened & essential)
        return empty_pb2.Empty()


def analyzer(of_run: Run) -> type[Analyzer]:
    """The class of a run's analyzer, to be made with the arguments that the SDK gives its own."""

    class OfRun(Analyzer):
        run = of_run

    return OfRun


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
