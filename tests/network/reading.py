"""A second reading of NetworkPolicy objects, in a page: fast enough to be asked about any number of settings.

`test_both_readings_agree` holds it to Cyclonus's.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Literal

from tests.network.declaring import Object, items, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.network.analyser import Connection, Verdict
    from tests.network.cast_of import Party
    from tests.network.declaring import Json

Direction = Literal["ingress", "egress"]
PEERS = {"ingress": "from", "egress": "to"}


def judge(policies: Sequence[Object], connections: Sequence[Connection]) -> list[Verdict]:
    """Whether the ingress side and the egress side let each connection through."""
    about: dict[tuple[str, Direction], list[Object]] = defaultdict(list)
    directions: tuple[Direction, Direction] = ("ingress", "egress")
    for policy in policies:
        types = mapping(policy["spec"])["policyTypes"]
        assert isinstance(types, list)
        namespace = str(mapping(policy["metadata"])["namespace"])
        for direction in directions:
            if direction.capitalize() in types:
                about[namespace, direction].append(policy)

    rules: dict[tuple[str, Direction], list[dict[str, Json]] | None] = {}

    def rules_for(subject: Party, direction: Direction) -> list[dict[str, Json]] | None:
        """The rules that are about a pod; None where no policy is."""
        key = (subject.name, direction)
        if key not in rules:
            found = [each for each in about[subject.namespace, direction] if _is_about(each, subject)]
            rules[key] = (
                [rule for each in found for rule in items(mapping(each["spec"]).get(direction))] if found else None
            )
        return rules[key]

    def lets(connection: Connection, direction: Direction) -> bool:
        ends = (connection.destination, connection.source)
        subject, other = ends if direction == "ingress" else reversed(ends)
        found = rules_for(subject, direction)
        return found is None or any(_matches(rule, PEERS[direction], other, connection) for rule in found)

    return [(lets(each, "ingress"), lets(each, "egress")) for each in connections]


def _is_about(policy: Object, subject: Party) -> bool:
    return _selects(mapping(policy["spec"])["podSelector"], subject.labels)


def _selects(selector: Json, labels: Mapping[str, str]) -> bool:
    chosen = mapping(selector)
    assert set(chosen) <= {"matchLabels"}, "only matchLabels is read here"
    wanted = mapping(chosen.get("matchLabels") or {})
    return all(labels.get(key) == value for key, value in wanted.items())


def _matches(rule: dict[str, Json], peers: str, other: Party, connection: Connection) -> bool:
    """Whether a rule is about this peer and port; a list that names none means all."""
    ports, named = items(rule.get("ports")), items(rule.get(peers))
    through = (connection.port, connection.protocol)
    at_port = not ports or any((port["port"], port.get("protocol", "TCP")) == through for port in ports)
    return at_port and (not named or any(_matches_peer(peer, other) for peer in named))


def _matches_peer(peer: dict[str, Json], other: Party) -> bool:
    if "ipBlock" in peer:
        block = mapping(peer["ipBlock"])
        assert set(block) == {"cidr"}, "only cidr is read here"
        return _contains(str(block["cidr"]), other.address)
    return (
        bool(other.namespace)
        and _selects(peer["namespaceSelector"], other.namespace_labels)
        and _selects(peer["podSelector"], other.labels)
    )


@cache
def _contains(cidr: str, address: str) -> bool:
    return ip_address(address) in ip_network(cidr)
