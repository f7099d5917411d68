"""The rules as a Pulumi policy pack: the only module that knows the policy SDK's classes."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

from .catalogue import RULES
from .record import Provider, Rule, Subject
from .values import plain_mapping

_CONFIG: Final = "stratmaster"


def serve() -> None:
    """Serve the pack until the process is ended; never returns."""
    development = pulumi.Config(_CONFIG).get("environment") == "development"
    PolicyPack(name="stratmaster", policies=[_policy(rule, development=development) for rule in RULES])


def _policy(rule: Rule, *, development: bool) -> ResourceValidationPolicy:
    """`rule` as the SDK wants it. A rule that raises isn't caught: the engine then fails, whatever the rule's level."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for finding in rule.check(_subject(args, development=development)):
            report(f"{finding.path or 'the resource'} {finding.problem}.\n{rule.mend}", None)

    return ResourceValidationPolicy(
        name=rule.id,
        description=rule.title,
        validate=validate,
        enforcement_level=EnforcementLevel(rule.enforcement),
        severity=Severity(rule.severity),
        tags=list(rule.frameworks),
        remediation_steps=rule.mend,
    )


def _subject(args: ResourceValidationArgs, *, development: bool) -> Subject:
    provider = args.provider and Provider(name=args.provider.name, properties=plain_mapping(args.provider.props))
    return Subject(
        type=args.resource_type,
        properties=plain_mapping(args.props),
        provider=provider,
        development=development,
    )
