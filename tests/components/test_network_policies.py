"""From a row of the table to policies, and from settings to rows."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from components.flow_types import PRODUCTION, Flow, Pods, Port, Ranges, alone
from components.flows import flow_table
from components.network_policies import rules_of
from settings.network import Endpoints, NetworkSettings
from settings.network import Ranges as SettingsRanges
from tests.network.declaring import declare, mapping

HERE, THERE = Pods(namespace="here", labels={"a": "b"}), Pods(namespace="there")
NAMES = st.sampled_from(["here", "there", "elsewhere"])
PEERS = st.one_of(
    st.builds(Pods, namespace=NAMES, labels=st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=1)),
    st.builds(Ranges, cidrs=st.just(("10.0.0.0/8",))),
)


def flow(
    name: str = "f", *, sources: tuple[Pods | Ranges, ...] = (HERE,), destinations: tuple[Pods | Ranges, ...] = (THERE,)
) -> Flow:
    return Flow(name=name, sources=sources, destinations=destinations, ports=(Port(number=1),), reason="because")


def test_both_ends_come_from_the_same_row() -> None:
    (leaving,), (reaching,) = rules_of("here", [flow()]), rules_of("there", [flow()])
    assert (leaving.name, leaving.subject, leaving.peers) == ("f-egress", HERE, (THERE,))
    assert (reaching.name, reaching.subject, reaching.peers) == ("f-ingress", THERE, (HERE,))
    assert leaving.ports == reaching.ports


@given(
    st.lists(st.builds(flow, name=st.just("f"), sources=st.tuples(PEERS), destinations=st.tuples(PEERS)), max_size=1),
    NAMES,
)
def test_a_namespace_gets_a_rule_for_each_side_that_it_is_on_and_no_other(flows: list[Flow], namespace: str) -> None:
    expected = sum(
        isinstance(peer, Pods) and peer.namespace == namespace
        for each in flows
        for peer in (*each.sources, *each.destinations)
    )
    assert len(rules_of(namespace, flows)) == expected


def test_two_rows_of_one_name_are_refused_in_the_namespace_they_meet_in() -> None:
    with pytest.raises(ValueError, match=r"gives here two policies f-egress; name each row apart"):
        rules_of("here", [flow(), flow(destinations=(HERE,))])


def test_two_kinds_of_pods_of_one_namespace_on_one_side_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two policies f-egress"):
        rules_of("here", [flow(sources=(HERE, Pods(namespace="here")))])


def test_what_is_not_configured_has_no_row() -> None:
    names = {each.name for each in flow_table(PRODUCTION, NetworkSettings(), Endpoints())}
    assert not {name for name in names if "oidc" in name or "s3" in name or "langfuse" in name or "api-server" in name}
    assert {"dns", "gateway-to-api", "api-to-redis", "database-replication"} <= names


def test_a_slot_on_its_own_has_nothing_to_do_with_a_foundation() -> None:
    rows = flow_table(alone("dev"), NetworkSettings(), Endpoints())
    namespaces = {
        peer.namespace for row in rows for peer in (*row.sources, *row.destinations) if isinstance(peer, Pods)
    }
    assert {name for name in namespaces if name.startswith("stratmaster")} == {"stratmaster-dev"}
    assert "api-to-redis" not in {row.name for row in rows}


def test_a_slot_on_its_own_reaches_the_cache_and_database_it_is_given() -> None:
    endpoints = {
        "redis": {"url": "redis://redis.data:6379/0", "namespace": "data", "port": 6379},
        "database": {"url": "postgresql://db.example.com/stratmaster", "cidrs": ["192.0.2.0/28"], "port": 5432},
    }
    rows = flow_table(alone("dev"), NetworkSettings(), Endpoints.model_validate_json(json.dumps(endpoints)))
    by_name = {row.name: row for row in rows}
    assert by_name["api-to-redis"].destinations == (Pods(namespace="data"),)
    assert by_name["migration-to-database"].destinations == (Ranges(cidrs=("192.0.2.0/28",)),)


def test_scraping_the_api_is_off_until_it_serves_metrics() -> None:
    assert "scrape-api" not in {row.name for row in flow_table(PRODUCTION, NetworkSettings(), Endpoints())}
    on = NetworkSettings.model_validate_json('{"scrapeApplication": true}')
    assert "scrape-api" in {row.name for row in flow_table(PRODUCTION, on, Endpoints())}


def test_every_row_says_why_and_where_it_is_written() -> None:
    for row in flow_table(PRODUCTION, NetworkSettings(), Endpoints()):
        assert any(source in row.reason for source in ("facts.md", "guide", "CloudNativePG")), row


def test_the_reason_stands_on_the_object() -> None:
    policy = declare().one("NetworkPolicy", "gateway-to-api-ingress", "stratmaster-blue")
    annotations = mapping(mapping(policy["metadata"])["annotations"])
    assert "facts.md C8" in str(annotations["stratmaster.com/reason"])


@pytest.mark.parametrize(
    ("cidr", "why"),
    [
        ("0.0.0.0/0", "wider than any one network"),
        ("128.0.0.0/1", "wider than any one network"),
        ("::/0", "wider than any one network"),
        ("169.254.169.254/32", "metadata address"),
        ("169.0.0.0/8", "metadata address"),
        ("fd00:ec2::/32", "metadata address"),
        ("10.0.0.1/8", "no address range"),
        ("10.0.0.0/33", "no address range"),
    ],
)
def test_a_dangerous_or_broken_range_is_refused_and_the_reason_given(cidr: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        SettingsRanges.model_validate_json(json.dumps({"cidrs": [cidr]}))


@settings(max_examples=300)
@given(address=st.integers(0, 2**32 - 1), prefix=st.integers(0, 32))
def test_no_accepted_range_holds_the_metadata_address(address: int, prefix: int) -> None:
    network = IPv4Network((address >> (32 - prefix) << (32 - prefix) if prefix else 0, prefix))
    try:
        SettingsRanges.model_validate_json(json.dumps({"cidrs": [str(network)]}))
    except ValidationError:
        return
    assert IPv4Address("169.254.169.254") not in network


@pytest.mark.parametrize("place", [{}, {"namespace": "a", "cidrs": ["10.0.0.0/16"]}])
def test_an_endpoint_is_in_the_cluster_or_outside_it(place: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"either in the cluster \(namespace\) or outside it \(cidrs\)"):
        Endpoints.model_validate_json(json.dumps({"oidc": {"url": "https://a", "port": 443, **place}}))


@pytest.mark.parametrize("part", ["gateway", "dns", "monitoring", "blackbox", "databaseOperator"])
def test_a_part_of_the_platform_in_our_namespaces_is_refused(part: str) -> None:
    with pytest.raises(ValidationError, match="stratmaster-production, where only StratMaster's own flows pass"):
        NetworkSettings.model_validate_json(json.dumps({part: {"namespace": "stratmaster-production"}}))
