"""Who may connect to whom, and what is reachable from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from ..model.objects import Object, objects
from ..model.record import Rule, per
from ..model.values import Field, Finding, each, must, one_of
from .joins import of_group

GROUP: Final = "networking.k8s.io"
_PEERS: Final = {"ingress": "from", "egress": "to"}
_METADATA: Final = (ip_network("169.254.169.254/32"), ip_network("fd00:ec2::254/128"))
"""Where a cloud hands a node's credentials to whoever asks from it (AWS, Google, Azure; AWS over IPv6)."""


policies: Final = objects("NetworkPolicy").where(lambda policy: of_group(policy, GROUP))
"""The NetworkPolicies in a resource."""


def _rules(policy: Object, check: Callable[[str, Field], Iterable[Finding]]) -> Iterator[Finding]:
    """What `check` finds in each rule, given its direction and the field of its peers."""
    for direction, key in _PEERS.items():
        yield from each(
            policy.spec.child(direction).elements(), lambda rule, key=key, way=direction: check(way, rule.child(key))
        )


def _open(policy: Object) -> Iterator[Finding]:
    yield from _rules(policy, _open_peers)


def _open_peers(_: str, peers: Field) -> Iterator[Finding]:
    if not peers.elements():
        yield peers.finding("names nobody, which is everybody")
    yield from each(peers.elements(), _anybody)


def _anybody(peer: Field) -> Iterator[Finding]:
    if not peer.entries():
        yield peer.finding("is empty, which is everybody")
    namespaces = peer.child("namespaceSelector")
    # An empty selector selects all; one that isn't set leaves it at the policy's own namespace.
    if namespaces.is_set and not namespaces.child("matchLabels").entries():
        yield from _unselective(namespaces)


def _unselective(selector: Field) -> Iterator[Finding]:
    expressions = selector.child("matchExpressions").elements()
    if not any(expression.child("operator").text() == "In" for expression in expressions):
        yield selector.finding("selects namespaces by what they aren't, or all of them")


def _ranges(policy: Object) -> Iterator[Finding]:
    yield from _rules(policy, _range_peers)


def _range_peers(direction: str, peers: Field) -> Iterator[Finding]:
    check = _from_anywhere if direction == "ingress" else _metadata
    blocks = (peer.child("ipBlock") for peer in peers.elements())
    yield from each(blocks, lambda block: check(block) if block.is_set else ())


def _from_anywhere(block: Field) -> Iterator[Finding]:
    if _network(block.child("cidr")) in {ip_network("0.0.0.0/0"), ip_network("::/0")}:
        yield block.child("cidr").finding("lets in whoever has an address")


def _metadata(block: Field) -> Iterator[Finding]:
    cidr = _network(block.child("cidr"))
    if cidr is None:
        yield block.child("cidr").finding("is no range of addresses")
        return
    excepted = [_network(item) for item in block.child("except").elements()]
    for address in _METADATA:
        if _holds(cidr, address) and not any(_holds(item, address) for item in excepted):
            yield block.finding(f"lets pods ask the cloud for the node's credentials ({address} isn't excepted)")


def _network(field: Field) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(field.text() or "", strict=False)
    except ValueError:
        return None


def _holds(outer: IPv4Network | IPv6Network | None, inner: IPv4Network | IPv6Network) -> bool:
    if isinstance(outer, IPv4Network) and isinstance(inner, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _service_type(service: Object) -> Iterator[Finding]:
    kind = service.spec.child("type")
    yield from must(kind, one_of(None, "ClusterIP", "ExternalName"), "opens the Service to the outside")


def _external_addresses(service: Object) -> Iterator[Finding]:
    for key in ("externalIPs", "loadBalancerIP", "loadBalancerSourceRanges"):
        place = service.spec.child(key)
        if place.known():
            yield place.finding("takes in traffic at an address outside the cluster")


NOT_EVERYBODY: Final = Rule(
    id="network-named-peers",
    title="Every network policy names whom it lets through",
    severity="high",
    frameworks=("CIS-5.3.2", "NSA", "C-0030", "C-0260", "KSV-0038"),
    why="A rule without a peer, or with one that is empty, opens what the default denied, to every pod of the cluster.",
    mend="Name the pods, the namespace by kubernetes.io/metadata.name, or the address range (components/flows.py).",
    check=per(policies, _open),
)
NO_OPEN_RANGES: Final = Rule(
    id="network-closed-ranges",
    title="No network policy opens the internet inwards, or the cloud's metadata address",
    severity="high",
    frameworks=("NSA", "C-0052", "KSV-0038"),
    why="At 169.254.169.254 a cloud gives the node's own credentials to any pod that can reach it.",
    mend="Narrow the range, or list 169.254.169.254/32 (fd00:ec2::254/128) below `except`.",
    check=per(policies, _ranges),
)
INSIDE: Final = Rule(
    id="network-inside-services",
    title="Every Service stays inside the cluster",
    severity="high",
    frameworks=("C-0256", "KSV-0108", "exposed-services"),
    why="A node port or a load balancer goes around the gateway: no TLS, no limits, no maintenance.",
    mend="Use ClusterIP and a route; a gateway's own load balancer is an exemption with an owner.",
    check=per(objects("Service"), _service_type),
)
NO_EXTERNAL_ADDRESSES: Final = Rule(
    id="network-no-external-addresses",
    title="No Service takes an address outside the cluster",
    severity="high",
    frameworks=("restrict-service-external-ips", "externalip"),
    why="With externalIPs a Service catches what others send to any address (CVE-2020-8554).",
    mend="Take externalIPs, loadBalancerIP and loadBalancerSourceRanges out.",
    check=per(objects("Service"), _external_addresses),
)

RULES: Final = (NOT_EVERYBODY, NO_OPEN_RANGES, INSIDE, NO_EXTERNAL_ADDRESSES)
