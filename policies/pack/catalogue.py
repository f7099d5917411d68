"""All rules, in the order of their reports."""

from __future__ import annotations

from typing import Final

from .model.record import AnyRule, Rule, StackRule
from .rules import (
    availability,
    aws_buckets,
    aws_grants,
    aws_keys,
    aws_names,
    aws_protection,
    aws_providers,
    aws_resource_policies,
    aws_retention,
    aws_roles,
    aws_trust,
    change_safety,
    change_safety_alerts,
    change_safety_data,
    change_safety_traffic,
    change_safety_writers,
    containers,
    coverage,
    deprecated,
    gateway,
    helm,
    images,
    ingress,
    namespaces,
    network,
    network_joins,
    pod_security,
    probes,
    providers,
    rbac,
    rbac_guards,
    rbac_verbs,
    retention,
    secret_sources,
    secrets,
    service_accounts,
    workloads,
)
from .rules.exempting import EXEMPTIONS

__all__ = ["BY_AREA", "EXEMPTIONS", "RULES", "STACK_RULES"]

BY_AREA: Final[dict[str, tuple[AnyRule, ...]]] = {
    "What can be judged": coverage.RULES,
    "Pod Security": pod_security.RULES,
    "Containers and pods": (
        *containers.RULES,
        *probes.RULES,
        *workloads.RULES,
        *service_accounts.RULES,
    ),
    "Images": images.RULES,
    "Providers": providers.RULES,
    "RBAC": (
        *rbac.RULES,
        *rbac_verbs.RULES,
        *rbac_guards.RULES,
    ),
    "Secrets": (
        *secrets.RULES,
        *secret_sources.RULES,
    ),
    "Network": (
        *network.RULES,
        *network_joins.RULES,
    ),
    "Ingress and gateway": (
        *ingress.RULES,
        *gateway.RULES,
    ),
    "Helm": helm.RULES,
    "Retention": retention.RULES,
    "Availability": availability.RULES,
    "Namespaces and API versions": (
        *namespaces.RULES,
        *deprecated.RULES,
    ),
    "Change safety": (
        *change_safety.RULES,
        *change_safety_traffic.RULES,
        *change_safety_writers.RULES,
        *change_safety_data.RULES,
        *change_safety_alerts.RULES,
    ),
    "AWS": (
        *aws_providers.RULES,
        *aws_grants.RULES,
        *aws_trust.RULES,
        *aws_roles.RULES,
        *aws_resource_policies.RULES,
        *aws_buckets.RULES,
        *aws_retention.RULES,
        *aws_keys.RULES,
        *aws_names.RULES,
        *aws_protection.RULES,
    ),
    "Exemptions": (EXEMPTIONS,),
}
"""Every rule below its area's heading in docs/policies.md; an area may take the rules of several modules."""

_ALL: Final = tuple(rule for rules in BY_AREA.values() for rule in rules)

RULES: Final = tuple(each for each in _ALL if isinstance(each, Rule))
STACK_RULES: Final = tuple(each for each in _ALL if isinstance(each, StackRule))
