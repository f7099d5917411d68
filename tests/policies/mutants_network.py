"""Who may connect to whom: one thing broken in the real stacks for each rule of the area."""

from __future__ import annotations

from typing import Final

from tests.policies.mutation import Mutant, both, drop, edit, edit_chart

_POLICY: Final = "NetworkPolicy"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        rule="network-named-peers",
        stack="blue",
        change=edit(_POLICY, "gateway-to-api-ingress", "spec.ingress[0].from", []),
    ),
    Mutant(
        rule="network-named-peers",
        stack="production",
        change=edit(_POLICY, "scrape-redis-ingress", "spec.ingress[0].from[0].namespaceSelector", {}),
    ),
    Mutant(
        rule="network-closed-ranges",
        stack="blue",
        change=edit(_POLICY, "api-to-oidc-egress", "spec.egress[0].to[0].ipBlock.cidr", "0.0.0.0/0"),
    ),
    Mutant(
        rule="network-closed-ranges",
        stack="green",
        change=edit(_POLICY, "api-to-oidc-egress", "spec.egress[0].to[0].ipBlock", {"cidr": "169.254.0.0/16"}),
    ),
    Mutant(
        rule="network-inside-services",
        stack="blue",
        change=edit_chart("templates/service.yaml", "type: ClusterIP", "type: NodePort"),
    ),
    Mutant(
        rule="network-inside-services",
        stack="traffic",
        change=edit("Service", "stratmaster-maintenance", "spec.type", "LoadBalancer"),
    ),
    Mutant(
        rule="network-no-external-addresses",
        stack="traffic",
        change=edit("Service", "stratmaster-maintenance", "spec.externalIPs", ["203.0.113.7"]),
    ),
    Mutant(rule="network-isolated-pods", stack="traffic", change=drop(_POLICY, "stratmaster-maintenance")),
    Mutant(
        rule="network-isolated-pods",
        stack="traffic",
        change=edit(_POLICY, "stratmaster-maintenance", "spec.policyTypes", ["Ingress"]),
    ),
    Mutant(
        rule="network-isolated-pods",
        stack="green",
        change=both(drop(_POLICY, "default-deny"), drop(_POLICY, "network-probe-compression-mcp-ingress")),
        also=("network-default-deny",),
    ),
    Mutant(rule="network-default-deny", stack="blue", change=drop(_POLICY, "default-deny")),
    Mutant(
        rule="network-default-deny",
        stack="production",
        change=edit(_POLICY, "default-deny", "spec.podSelector", {"matchLabels": {"app": "api"}}),
    ),
    Mutant(
        rule="network-default-deny",
        stack="dev",
        change=edit(_POLICY, "default-deny", "spec.policyTypes", ["Ingress"]),
    ),
    Mutant(
        rule="network-services-resolve",
        stack="green",
        change=edit_chart("templates/service.yaml", "targetPort: http", "targetPort: web"),
    ),
    Mutant(
        rule="network-services-resolve",
        stack="traffic",
        change=edit("Service", "stratmaster-maintenance", "spec.selector", {"app": "page"}),
    ),
    Mutant(
        rule="network-budgets-resolve",
        stack="traffic",
        change=edit("PodDisruptionBudget", "stratmaster-maintenance", "spec.selector.matchLabels", {"app": "page"}),
        also=("availability-budget",),  # and so the page has none
    ),
    Mutant(
        rule="network-autoscalers-resolve",
        stack="blue",
        change=edit_chart("templates/horizontalpodautoscaler.yaml", "kind: Deployment", "kind: StatefulSet"),
        also=("availability-replicas",),  # and so nothing keeps two of each up
    ),
    Mutant(
        rule="network-routes-resolve",
        stack="traffic",
        change=edit("HTTPRoute", "app", "spec.rules[0].backendRefs[0].name", "stratmaster-404"),
    ),
    Mutant(
        rule="network-routes-resolve",
        stack="traffic",
        change=edit("Service", "stratmaster-maintenance", "spec.ports[0].port", 8080.0),
    ),
)
