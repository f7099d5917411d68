"""Who may connect to whom, and what is reachable from outside."""

from __future__ import annotations

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack
from tests.policies.networking import GOOD_PEER, policy, service

POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
IN_NAMESPACE: Properties = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
    "podSelector": {},
}


def both_ways(peer: Value) -> list[Properties]:
    return [policy(ingress=[{"from": [peer]}]), policy(egress=[{"to": [peer]}])]


@pytest.mark.parametrize(
    "peer",
    [
        {},
        {"namespaceSelector": {}},
        {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "redis"}}},
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}},
        {"namespaceSelector": UNKNOWN},
        UNKNOWN,
    ],
)
def test_a_peer_that_is_everybody_is_refused_and_hides_no_other(production: Pack, peer: Value) -> None:
    for inputs in both_ways(peer):
        assert len(production.findings("network-named-peers", POLICY, inputs)) == 1
    twice = policy(ingress=[{"from": [peer, {}]}, {}])
    assert len(production.findings("network-named-peers", POLICY, twice)) == 3


@pytest.mark.parametrize("rule", [{}, {"ports": [{"port": 80}]}, {"from": []}, {"from": UNKNOWN}])
def test_a_rule_without_a_peer_is_refused(production: Pack, rule: Value) -> None:
    assert production.findings("network-named-peers", POLICY, policy(ingress=[rule]))


@pytest.mark.parametrize("peer", [GOOD_PEER, IN_NAMESPACE, {"ipBlock": {"cidr": "10.0.0.0/8"}}])
def test_a_peer_that_is_named_is_fine(production: Pack, peer: Value) -> None:
    for inputs in both_ways(peer):
        for rule in ("network-named-peers", "network-closed-ranges"):
            assert production.findings(rule, POLICY, inputs) == []


@pytest.mark.parametrize(
    ("block", "refused"),
    [
        ({"cidr": "0.0.0.0/0"}, True),
        ({"cidr": "128.0.0.0/1"}, True),
        ({"cidr": "169.254.169.254/32"}, True),
        ({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, True),
        ({"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}, False),
        ({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "169.254.0.0/16"]}, False),
        ({"cidr": "::/0", "except": ["169.254.169.254/32"]}, True),
        ({"cidr": "::/0", "except": ["fd00:ec2::254/128"]}, False),
        ({"cidr": "203.0.113.0/24"}, False),
        ({"cidr": "nowhere"}, True),
        ({"cidr": UNKNOWN}, True),
        ({"cidr": "0.0.0.0/0", "except": UNKNOWN}, True),
        ({"cidr": "0.0.0.0/0", "except": [UNKNOWN]}, True),
        (UNKNOWN, True),
    ],
)
def test_no_range_outwards_reaches_the_clouds_metadata(production: Pack, block: Value, *, refused: bool) -> None:
    inputs = policy(egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}, {"ipBlock": block}]}])
    assert bool(production.findings("network-closed-ranges", POLICY, inputs)) is refused


@pytest.mark.parametrize(("cidr", "refused"), [("0.0.0.0/0", True), ("::/0", True), ("10.0.0.0/8", False)])
def test_the_internet_is_not_let_in(production: Pack, cidr: str, *, refused: bool) -> None:
    inputs = policy(ingress=[{"from": [{"ipBlock": {"cidr": cidr}}]}])
    assert bool(production.findings("network-closed-ranges", POLICY, inputs)) is refused


@pytest.mark.parametrize(("kind", "refused"), [("NodePort", True), ("LoadBalancer", True), (UNKNOWN, True)])
def test_a_service_that_leaves_the_cluster_is_refused(production: Pack, kind: Value, *, refused: bool) -> None:
    found = production.findings("network-inside-services", "kubernetes:core/v1:Service", service(type=kind))
    assert bool(found) is refused
    assert production.findings("network-inside-services", "kubernetes:core/v1:Service", service()) == []


@pytest.mark.parametrize("key", ["externalIPs", "loadBalancerSourceRanges"])
def test_a_service_with_an_address_outside_is_refused(production: Pack, key: str) -> None:
    rule, type_ = "network-no-external-addresses", "kubernetes:core/v1:Service"
    assert production.findings(rule, type_, service(**{key: ["203.0.113.7"]}))
    assert production.findings(rule, type_, service(**{key: UNKNOWN}))
    assert production.findings(rule, type_, service(**{key: None})) == []
