"""The network policies of one namespace, derived from the table of flows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
from pulumi_kubernetes import networking
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components import conventions
from components.flow_types import Flow, Peer, Pods, Port
from components.namespace import Namespace

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
"""The API server itself sets this label on every namespace, so nobody can pass one namespace off as another."""
REASON_ANNOTATION = "stratmaster.com/reason"

Direction = Literal["egress", "ingress"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One side of one flow: what a NetworkPolicy object says.

    Attributes:
        name: the object's name, `<flow>-egress` or `<flow>-ingress`.
        subject: the pods it is about.
        direction: whether the subject connects or is connected to.
        peers: the other end.
        ports: the destination's ports.
        reason: the flow's reason.
    """

    name: str
    subject: Pods
    direction: Direction
    peers: tuple[Peer, ...]
    ports: tuple[Port, ...]
    reason: str


def rules_of(namespace: str, flows: Sequence[Flow]) -> tuple[Rule, ...]:
    """The rules that a namespace needs so that its pods can take part in their flows.

    Args:
        namespace: one of our namespaces.
        flows: the table.

    Returns:
        One rule for each flow and side that has pods of this namespace.

    Raises:
        ValueError: if two rules would have the same name, that is, one flow names two kinds of pods of a namespace on
            one side, or two flows share a name. One would overwrite the other, and a connection silently be shut.
    """
    rules: dict[str, Rule] = {}
    for flow in flows:
        sides: tuple[tuple[Direction, tuple[Peer, ...], tuple[Peer, ...]], ...] = (
            ("egress", flow.sources, flow.destinations),
            ("ingress", flow.destinations, flow.sources),
        )
        for direction, own, others in sides:
            for subject in own:
                if not isinstance(subject, Pods) or subject.namespace != namespace:
                    continue
                name = f"{flow.name}-{direction}"
                if name in rules:
                    raise ValueError(f"the table of flows gives {namespace} two policies {name}; name each row apart")
                rules[name] = Rule(
                    name=name, subject=subject, direction=direction, peers=others, ports=flow.ports, reason=flow.reason
                )
    return tuple(rules.values())


@dataclass(frozen=True, kw_only=True)
class NetworkPoliciesArgs:
    """What NetworkPolicies needs.

    Attributes:
        namespace: the namespace whose policies these are; it denies everything by default.
        flows: the whole table, of which the namespace's part is taken.
    """

    namespace: Namespace
    flows: tuple[Flow, ...] = field(default_factory=tuple)


class NetworkPolicies(pulumi.ComponentResource):
    """One NetworkPolicy for each flow and side that has pods in the namespace.

    Guards against a compromised pod that reaches for what it never calls: the database, another slot, the cloud's
    metadata address, the internet. It holds only where the cluster's network plugin enforces policies.

    Raises:
        ValueError: see `rules_of`.
    """

    def __init__(self, name: str, args: NetworkPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:network:NetworkPolicies", name, None, opts)
        for rule in rules_of(args.namespace.name, args.flows):
            networking.v1.NetworkPolicy(
                f"{name}-{rule.name}",
                metadata=ObjectMetaArgs(
                    name=rule.name,
                    namespace=args.namespace.created_name,
                    labels=conventions.labels("network"),
                    annotations={REASON_ANNOTATION: rule.reason},
                ),
                spec=_spec(rule),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _spec(rule: Rule) -> networking.v1.NetworkPolicySpecArgs:
    subject = LabelSelectorArgs(match_labels=dict(rule.subject.labels))
    peers = [block for peer in rule.peers for block in _peer(peer)]
    ports = [networking.v1.NetworkPolicyPortArgs(port=port.number, protocol=port.protocol) for port in rule.ports]
    if rule.direction == "egress":
        return networking.v1.NetworkPolicySpecArgs(
            pod_selector=subject,
            policy_types=["Egress"],
            egress=[networking.v1.NetworkPolicyEgressRuleArgs(to=peers, ports=ports)],
        )
    return networking.v1.NetworkPolicySpecArgs(
        pod_selector=subject,
        policy_types=["Ingress"],
        ingress=[networking.v1.NetworkPolicyIngressRuleArgs(from_=peers, ports=ports)],
    )


def _peer(peer: Peer) -> list[networking.v1.NetworkPolicyPeerArgs]:
    if isinstance(peer, Pods):
        # Both selectors in one peer: these pods of this namespace. In two peers they would mean either.
        return [
            networking.v1.NetworkPolicyPeerArgs(
                namespace_selector=LabelSelectorArgs(match_labels={NAMESPACE_NAME_LABEL: peer.namespace}),
                pod_selector=LabelSelectorArgs(match_labels=dict(peer.labels)),
            )
        ]
    return [networking.v1.NetworkPolicyPeerArgs(ip_block=networking.v1.IPBlockArgs(cidr=cidr)) for cidr in peer.cidrs]
