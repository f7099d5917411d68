"""Who may connect to whom, from the objects: against the table, against Cyclonus, and against what the facts say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from components.flow_types import PRODUCTION, Flow, Peer, Pods, Ranges
from components.flows import flow_table
from settings.network import Endpoints, NetworkSettings
from tests.network import analyser, reading
from tests.network.analyser import Connection
from tests.network.cast_of import FOUNDATION, MCP, SLOTS, Party, everybody
from tests.network.declaring import FULL_ENDPOINTS, FULL_NETWORK, Declared, declare, items, mapping

if TYPE_CHECKING:
    from pathlib import Path

BLUE, GREEN = SLOTS
CAST = everybody()
BY_NAME = {party.name: party for party in CAST}
# Every port of the table, and some that nobody should reach anywhere.
PORTS = (
    22,
    53,
    80,
    443,
    2379,
    3000,
    4000,
    4317,
    5432,
    6333,
    6379,
    6443,
    8000,
    8089,
    9000,
    9090,
    9121,
    9187,
    9188,
    10250,
)
RANGE_OF = {
    "allowed-web": "198.51.100.0/24",
    "api-server": "10.96.0.1/32",
    "oidc": "203.0.113.0/28",
    "registry": "203.0.113.40/32",
    "s3": "52.216.0.0/15",
}
PORTS_TO_TRY = (*((port, "TCP") for port in (*PORTS, *range(8080, 8087))), (53, "UDP"), (8080, "UDP"))


# Everybody to everybody on every port, where at least one end is ours.
TRIED = [
    Connection(source=source, destination=destination, port=port, protocol=protocol)
    for source in CAST
    for destination in CAST
    if source is not destination and (source.ours or destination.ours)
    for port, protocol in PORTS_TO_TRY
]


@pytest.fixture(scope="module")
def table() -> tuple[Flow, ...]:
    network = NetworkSettings.model_validate_json(json.dumps(FULL_NETWORK))
    return flow_table(PRODUCTION, network, Endpoints.model_validate_json(json.dumps(FULL_ENDPOINTS)))


@pytest.fixture(scope="module")
def open_connections(production: Declared) -> set[str]:
    """What gets through both ends, by the objects."""
    verdicts = reading.judge(production.of_kind("NetworkPolicy"), TRIED)
    return {str(each) for each, (ingress, egress) in zip(TRIED, verdicts, strict=True) if ingress and egress}


def in_peer(party: Party, peer: Peer) -> bool:
    """Whether a party is meant by one side of a row; the cast has one address in each range."""
    if isinstance(peer, Pods):
        labels = peer.labels.items()
        return party.namespace == peer.namespace and all(party.labels.get(key) == value for key, value in labels)
    return RANGE_OF.get(party.name) in peer.cidrs


def has_row(table: tuple[Flow, ...], attempt: Connection) -> bool:
    return any(
        any(in_peer(attempt.source, peer) for peer in flow.sources)
        and any(in_peer(attempt.destination, peer) for peer in flow.destinations)
        and any((port.number, port.protocol) == (attempt.port, attempt.protocol) for port in flow.ports)
        for flow in table
    )


def test_exactly_what_has_a_row_gets_through(table: tuple[Flow, ...], open_connections: set[str]) -> None:
    expected = {str(attempt) for attempt in TRIED if has_row(table, attempt)}
    assert open_connections == expected
    assert len(expected) > 60, "a matrix that lets nothing through would agree with an empty table"


def test_both_readings_agree(production: Declared, cyclonus: Path) -> None:
    policies = production.of_kind("NetworkPolicy")
    ours, theirs = reading.judge(policies, TRIED), analyser.judge(cyclonus, policies, TRIED)
    differing = [str(each) for each, mine, other in zip(TRIED, ours, theirs, strict=True) if mine != other]
    assert differing == []
    assert len(TRIED) > 40_000


def test_every_row_opens_something(table: tuple[Flow, ...]) -> None:
    """A row whose labels match no pod of the cast is a row that no test above has looked at."""
    idle = [flow.name for flow in table if not any(has_row((flow,), attempt) for attempt in TRIED)]
    assert idle == []


def leaving(name: str, found: set[str]) -> set[str]:
    """Where a party gets, DNS aside."""
    prefix = f"{name} -> "
    return {each.removeprefix(prefix) for each in found if each.startswith(prefix) and "kube-system/dns" not in each}


def reaching(name: str, found: set[str]) -> set[str]:
    """Who gets to a party."""
    return {
        source for source, destination in (each.split(" -> ") for each in found) if destination.startswith(f"{name}:")
    }


def test_the_api_reaches_the_four_services_it_calls_and_what_is_configured(open_connections: set[str]) -> None:
    assert leaving(f"{BLUE}/stratmaster-api", open_connections) == {
        f"{BLUE}/research-mcp:8081/TCP",
        f"{BLUE}/knowledge-mcp:8082/TCP",
        f"{BLUE}/router-mcp:8083/TCP",
        f"{BLUE}/evals-mcp:8084/TCP",
        f"{FOUNDATION}/redis:6379/TCP",
        "langfuse/langfuse:3000/TCP",
        "monitoring/otel:4317/TCP",
        "oidc:443/TCP",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("research-mcp", {"search/searxng:8080/TCP", "minio/minio:9000/TCP", "allowed-web:443/TCP"}),
        ("knowledge-mcp", {"vectors/qdrant:6333/TCP"}),
        ("router-mcp", {"models/litellm:4000/TCP", "langfuse/langfuse:3000/TCP", "monitoring/otel:4317/TCP"}),
        ("evals-mcp", set[str]()),
        ("compression-mcp", set[str]()),
    ],
)
def test_an_mcp_service_reaches_its_own_stores_and_never_the_api(
    name: str, expected: set[str], open_connections: set[str]
) -> None:
    assert leaving(f"{GREEN}/{name}", open_connections) == expected


@pytest.mark.parametrize("slot", SLOTS)
def test_only_the_gateway_and_the_prober_reach_the_api(slot: str, open_connections: set[str]) -> None:
    assert reaching(f"{slot}/stratmaster-api", open_connections) == {"gateway-system/gateway", "monitoring/blackbox"}


def test_only_the_prober_reaches_compression_which_the_api_does_not_call(open_connections: set[str]) -> None:
    assert reaching(f"{BLUE}/compression-mcp", open_connections) == {"monitoring/blackbox"}


def test_only_jobs_operator_exporter_and_its_own_replicas_reach_the_database(open_connections: set[str]) -> None:
    assert reaching(f"{FOUNDATION}/postgres-1", open_connections) == {
        f"{FOUNDATION}/postgres-2",
        *(f"{slot}/migration" for slot in SLOTS),
        *(
            f"{FOUNDATION}/{job}"
            for job in ("backup", "restore", "database-maintenance", "config-backup", "image-scan")
        ),
        f"{FOUNDATION}/postgres-exporter",
        "cnpg-system/operator",
        "monitoring/prometheus",
    }


def test_only_the_database_backups_restores_and_migrations_reach_the_object_store(open_connections: set[str]) -> None:
    allowed = ("postgres-1", "postgres-2", "backup", "restore", "config-backup")
    expected = {*(f"{FOUNDATION}/{name}" for name in allowed), *(f"{slot}/migration" for slot in SLOTS)}
    assert reaching("s3", open_connections) == expected


def test_only_the_database_the_backup_of_objects_and_the_scan_of_images_reach_the_kubernetes_api(
    open_connections: set[str],
) -> None:
    allowed = ("postgres-1", "postgres-2", "config-backup", "image-scan")
    assert reaching("api-server", open_connections) == {f"{FOUNDATION}/{name}" for name in allowed}


def test_only_the_scan_of_images_reaches_the_registries(open_connections: set[str]) -> None:
    assert reaching("registry", open_connections) == {f"{FOUNDATION}/image-scan"}


def test_a_database_outside_the_cluster_is_reached_where_it_is() -> None:
    network = NetworkSettings.model_validate_json(
        json.dumps({**FULL_NETWORK, "database": {"cidrs": ["10.9.0.0/24"], "port": 5433}})
    )
    flows = {flow.name: flow for flow in flow_table(PRODUCTION, network, Endpoints())}
    for name in ("migration-to-database", "backup-to-database", "exporter-to-database"):
        assert flows[name].destinations == (Ranges(cidrs=("10.9.0.0/24",)),)
        assert [port.number for port in flows[name].ports] == [5433]


@pytest.mark.parametrize("name", ["metadata", "internet", "beside-oidc"])
def test_nobody_reaches(name: str, open_connections: set[str]) -> None:
    assert reaching(name, open_connections) == set()


def test_no_slot_reaches_the_other(open_connections: set[str]) -> None:
    crossing = [each for each in open_connections if BLUE in each and GREEN in each]
    assert crossing == []


@pytest.mark.parametrize(
    "name", ["attacker/forged-api", "attacker/forged-gateway", "gateway-system/neighbour-of-the-gateway"]
)
def test_labels_alone_open_nothing(name: str, open_connections: set[str]) -> None:
    assert leaving(name, open_connections) == set()


@pytest.mark.parametrize("namespace", [*SLOTS, FOUNDATION])
def test_a_pod_that_nobody_foresaw_resolves_names_and_does_nothing_else(
    namespace: str, open_connections: set[str]
) -> None:
    assert leaving(f"{namespace}/unknown", open_connections) == set()
    assert reaching(f"{namespace}/unknown", open_connections) == set()
    assert f"{namespace}/unknown -> kube-system/dns:53/UDP" in open_connections


def test_the_default_deny_is_what_denies(production: Declared) -> None:
    """Without it a pod that no policy is about is open to everybody: the matrix can tell."""
    policies = [
        each for each in production.of_kind("NetworkPolicy") if mapping(each["metadata"])["name"] != "default-deny"
    ]
    unknown = Connection(source=BY_NAME["internet"], destination=BY_NAME[f"{BLUE}/unknown"], port=22)
    assert reading.judge(policies, [unknown]) == [(True, True)]
    assert reading.judge(production.of_kind("NetworkPolicy"), [unknown]) == [(False, True)]


def test_no_rule_leaves_its_peers_or_ports_open(production: Declared) -> None:
    """An empty list means everybody, or every port."""
    for policy in production.of_kind("NetworkPolicy"):
        spec = mapping(policy["spec"])
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in items(spec.get(direction)):
                assert items(rule.get(peers))
                assert items(rule.get("ports"))


def test_blue_and_green_differ_in_nothing_but_their_namespaces(production: Declared) -> None:
    def policies(slot: str) -> list[str]:
        return sorted(json.dumps(each, sort_keys=True) for each in production.of_kind("NetworkPolicy", slot))

    assert [each.replace(BLUE, GREEN) for each in policies(BLUE)] == policies(GREEN)


@pytest.mark.parametrize("name", MCP)
def test_every_service_of_a_slot_can_be_probed(name: str, open_connections: set[str]) -> None:
    assert "monitoring/blackbox" in reaching(f"{BLUE}/{name}", open_connections)


def test_the_health_check_before_a_cut_over_gets_in_by_the_api_server_only_where_a_setting_says_so(
    production: Declared,
) -> None:
    gated = declare(network={**FULL_NETWORK, "healthGate": ["10.96.0.1/32"]}, endpoints=FULL_ENDPOINTS)
    tried = [each for each in TRIED if each.source.name == "api-server" and each.destination.namespace == BLUE]
    for declared, reached in ((production, set[str]()), (gated, {"stratmaster-api", *MCP})):
        verdicts = reading.judge(declared.of_kind("NetworkPolicy"), tried)
        let_in = [each for each, (ingress, _) in zip(tried, verdicts, strict=True) if ingress]
        assert {each.destination.name.partition("/")[2] for each in let_in} == reached
        assert {each.port for each in let_in} <= {8080, *range(8081, 8086)}
