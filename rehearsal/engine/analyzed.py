"""What goes to a policy pack and what comes back, without any of the wire's types."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties


@dataclass(frozen=True, kw_only=True)
class AnalyzedResource:
    """A resource as a policy pack is shown it.

    Args:
        resource: the resource; Analyze sees its inputs, AnalyzeStack its outputs, as with the released engine.
        provider: the state of the provider it uses; None for components and for providers themselves.
        ignore_changes, delete_before_replace, aliases: the options that a resource's state doesn't keep.
    """

    resource: Resource
    provider: Resource | None = None
    ignore_changes: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    aliases: tuple[str, ...] = ()

    def with_inputs(self, inputs: Properties) -> AnalyzedResource:
        """This resource with other inputs, as a remediation leaves it."""
        return replace(self, resource=replace(self.resource, inputs=inputs))


@dataclass(frozen=True, kw_only=True)
class Violation:
    """What a policy reported.

    Args:
        pack, version, policy: which pack (and the version in its PulumiPolicy.yaml) and which of its policies.
        urn: the resource; the stack's own URN where a stack policy names none.
        message: the pack's whole message, which starts with `description`; secrets of the resource are masked.
        severity: low, medium, high, critical, or empty.
        mandatory: whether it blocks. The released engine goes on with a preview and fails it at its end; in an update
            the resource isn't touched, nothing new is started, and the update fails. A stack policy is heard only at
            the end, when an update has happened already.
    """

    pack: str
    version: str
    policy: str
    urn: str
    message: str
    description: str
    severity: str
    mandatory: bool


@dataclass(frozen=True, kw_only=True)
class Remediation:
    """A resource after the packs' remediations, and the advice of those that couldn't run."""

    resource: AnalyzedResource
    advice: tuple[Violation, ...]
