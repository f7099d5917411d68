"""The analyzer protocol: what the engine asks a policy pack over gRPC.

Importing this costs a fifth of a second (gRPC), so only a run that has packs does. The CLI's language host answers the
engine's Handshake and ConfigureStack for a Python pack and turns them into its environment; the pack is asked the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar, cast

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import analyzer_pb2

from rehearsal.engine import analyzer_messages as messages
from rehearsal.engine import wire
from rehearsal.engine.analyzed import AnalyzedResource, Remediation, Violation
from rehearsal.engine.analyzer_config import configuration
from rehearsal.engine.analyzer_process import PackProcess, PackProject
from rehearsal.errors import RehearsalError

_Answer = TypeVar("_Answer", bound=Message)

_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # the released engine's limit (sdk/go/common/util/rpcutil)
_ANSWER_SECONDS: Final = 120.0  # the CLI waits without end; a rule that renders a chart needs seconds
_MASK: Final = "[secret]"
_SHORTEST_SECRET: Final = 3  # masking every "1" or "no" would make a message unreadable and protect nothing


class PackClient:
    """One pack that serves, asked as the released engine asks it (pkg/resource/deploy/step_generator.go).

    Its methods may be called from several threads, and raise RehearsalError where a rule or the pack fails: a pack
    that can't judge stops the run, as with the released engine.
    """

    def __init__(self, process: PackProcess, project: PackProject) -> None:
        """Connect, learn the pack's policies and configure them as the CLI does without a config file."""
        self._process = process
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{process.port()}",
            options=[
                ("grpc.max_receive_message_length", _MESSAGE_BYTES),
                ("grpc.max_send_message_length", _MESSAGE_BYTES),
                ("grpc.enable_http_proxy", 0),
            ],
        )
        self._name = process.folder.name
        info = self._ask("GetAnalyzerInfo", empty_pb2.Empty(), analyzer_pb2.AnalyzerInfo, "its policies")
        self._name = info.name
        self._version = project.version or info.version
        self._severities = {policy.name: policy.severity for policy in info.policies}
        config = configuration(info)
        self._ask("Configure", config, empty_pb2.Empty, "its configuration")
        levels = [item.enforcementLevel for item in config.policyConfig.values()]
        # Neither question has an answer then, and each costs as much as Analyze.
        self._remediates = analyzer_pb2.REMEDIATE in levels
        self._judges_stacks = any(policy.policy_type == analyzer_pb2.POLICY_TYPE_STACK for policy in info.policies)

    def close(self) -> None:
        """Give up the connection; the process is its owner's."""
        self._channel.close()

    def remediate(self, analyzed: AnalyzedResource) -> Remediation:
        """The resource as this pack's remediations leave it."""
        if not self._remediates:
            return Remediation(resource=analyzed, advice=())
        urn, shown = analyzed.resource.urn, _shown(analyzed)
        answer = self._ask("Remediate", messages.for_remediation(analyzed), analyzer_pb2.RemediateResponse, urn, shown)
        advice: list[Violation] = []
        mask = _masker(shown)
        for step in answer.remediations:
            if step.diagnostic:
                advice.append(self._advice(step, urn, mask))
            else:
                analyzed = analyzed.with_inputs(wire.from_struct(step.properties))
        return Remediation(resource=analyzed, advice=tuple(advice))

    def analyze(self, analyzed: AnalyzedResource) -> list[Violation]:
        """What this pack's resource policies say about one resource."""
        urn, shown = analyzed.resource.urn, _shown(analyzed)
        answer = self._ask("Analyze", messages.for_analysis(analyzed), analyzer_pb2.AnalyzeResponse, urn, shown)
        return list(self._violations(answer, lambda _: urn, shown))

    def analyze_stack(self, resources: Sequence[AnalyzedResource], stack_urn: str) -> list[Violation]:
        """What this pack's stack policies say about all resources; what names none of them is the stack's."""
        if not self._judges_stacks:
            return []
        request = messages.for_stack(resources)
        shown = [analyzed.resource.outputs for analyzed in resources]
        answer = self._ask("AnalyzeStack", request, analyzer_pb2.AnalyzeResponse, "the whole stack", shown)
        known = {analyzed.resource.urn for analyzed in resources}
        return list(self._violations(answer, lambda urn: urn if urn in known else stack_urn, shown))

    def _violations(
        self, answer: analyzer_pb2.AnalyzeResponse, place: Callable[[str], str], shown: Iterable[wire.Properties]
    ) -> Iterator[Violation]:
        if not answer.diagnostics:
            return
        mask = _masker(shown)
        for diagnostic in answer.diagnostics:
            severity = diagnostic.severity or self._severities.get(diagnostic.policyName, diagnostic.severity)
            name = analyzer_pb2.PolicySeverity.Name(severity).removeprefix("POLICY_SEVERITY_").lower()
            yield Violation(
                pack=self._name,
                version=self._version,
                policy=diagnostic.policyName,
                urn=place(diagnostic.urn),
                message=mask(diagnostic.message),
                description=diagnostic.description,
                severity="" if name == "unspecified" else name,
                # What a remediation left standing blocks like a mandatory one.
                mandatory=diagnostic.enforcementLevel in {analyzer_pb2.MANDATORY, analyzer_pb2.REMEDIATE},
            )

    def _advice(self, step: analyzer_pb2.Remediation, urn: str, mask: Callable[[str], str]) -> Violation:
        return Violation(
            pack=self._name,
            version=self._version,
            policy=step.policyName,
            urn=urn,
            message=mask(step.diagnostic),
            description=step.description,
            severity="",
            mandatory=False,
        )

    def _ask(
        self, method: str, request: Message, answer: type[_Answer], about: str, shown: Iterable[wire.Properties] = ()
    ) -> _Answer:
        # Pulumi's generated stub is typed by modules that its package doesn't have; the channel is the same call.
        call = cast(
            "Callable[..., _Answer]",
            self._channel.unary_unary(
                f"/pulumirpc.Analyzer/{method}",
                request_serializer=type(request).SerializeToString,
                response_deserializer=answer.FromString,
            ),
        )
        try:
            return call(request, timeout=_ANSWER_SECONDS)
        except grpc.RpcError as error:
            raise self._failure(cast("grpc.Call", error), about, _masker(shown)) from None

    def _failure(self, error: grpc.Call, about: str, mask: Callable[[str], str]) -> RehearsalError:
        match error.code():
            case grpc.StatusCode.UNKNOWN:
                details = " ".join(mask(error.details() or "").split())
                return RehearsalError(
                    f"a rule of the policy pack {self._name} broke off while judging {about}: {details}",
                    "Mend that rule: one that breaks off stops the run whatever its level, as under the Pulumi CLI.",
                )
            case grpc.StatusCode.UNAVAILABLE:
                problem = f"its process ended, or never answered, when asked about {about}"
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                problem = f"it gave no answer about {about} within {_ANSWER_SECONDS:.0f} s"
            case code:
                problem = f"it couldn't answer about {about} ({code})"
        return self._process.failure(problem, mask)


def _shown(analyzed: AnalyzedResource) -> list[wire.Properties]:
    return [analyzed.resource.inputs, analyzed.provider.inputs if analyzed.provider else {}]


def _masker(shown: Iterable[wire.Properties]) -> Callable[[str], str]:
    """A function that masks every secret of `shown` in a text: a rule sees values without their secretness."""
    found = {text for properties in shown for text in _secret_texts(properties, secret=False)}
    longest_first = sorted((text for text in found if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)

    def mask(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, _MASK)
        return text

    return mask


def _secret_texts(value: wire.Value, *, secret: bool) -> Iterator[str]:
    match value:
        case wire.Secret():
            yield from _secret_texts(value.value, secret=True)
        case dict():
            for item in value.values():
                yield from _secret_texts(item, secret=secret)
        case list() | tuple():
            for item in value:
                yield from _secret_texts(item, secret=secret)
        case str() if secret:
            yield value
        case _:
            return
