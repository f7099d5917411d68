"""What a schema can't say is refused by the templates in two lines: what is wrong, and how to mend it."""

from __future__ import annotations

import pytest

from tests.helm.rendering import Chart, Json, Step, changed, production_values


def reason(chart: Chart, *changes: tuple[tuple[Step, ...], Json]) -> list[str]:
    """The two lines that Helm prints of a refusal."""
    values = production_values()
    for path, new in changes:
        values = changed(values, path, to=new)
    what, mend, *_ = chart.refusal(values).splitlines()
    return [what.partition("): ")[2], mend]


def test_an_empty_tag_is_refused(chart: Chart) -> None:
    assert reason(chart, (("image", "tag"), "")) == [
        "image.tag is empty.",
        "Give the tag of ghcr.io/iamjonobo/stratmaster-api to run, and its digest outside development.",
    ]


def test_an_empty_tag_of_a_service_is_refused_by_its_place_in_the_list(chart: Chart) -> None:
    assert reason(chart, (("mcpServices", 2, "image", "tag"), ""))[0] == "mcpServices[2].image.tag is empty."


def test_a_minimum_above_the_maximum_is_refused(chart: Chart) -> None:
    assert reason(chart, (("replicas", "min"), 11)) == [
        "replicas.min (11) is above replicas.max (10).",
        "Lower min or raise max.",
    ]


def test_a_minimum_above_the_maximum_is_refused_during_a_shutdown_too(chart: Chart) -> None:
    assert "replicas.min (11)" in reason(chart, (("replicas", "min"), 11), (("shutdown",), True))[0]


def test_a_minimum_above_the_maximum_of_a_service_is_refused_by_its_place_in_the_list(chart: Chart) -> None:
    refused = reason(chart, (("mcpServices", 4, "replicas"), {"min": 3, "max": 2}))
    assert refused[0] == "mcpServices[4].replicas.min (3) is above mcpServices[4].replicas.max (2)."


@pytest.mark.parametrize("name", ["research-mcp", "stratmaster-api"])
def test_two_deployments_of_one_name_are_refused(chart: Chart, name: str) -> None:
    refused = reason(chart, (("mcpServices", 1, "name"), name))
    assert refused[0] == f'mcpServices[1].name: "{name}" is already the name of another Deployment.'


def test_config_that_repeats_the_address_of_a_service_is_refused(chart: Chart) -> None:
    assert reason(chart, (("config", "ROUTER_MCP_URL"), "http://elsewhere")) == [
        "config.ROUTER_MCP_URL is given by mcpServices too.",
        "Remove it from config.",
    ]


def test_config_that_repeats_a_secret_is_refused(chart: Chart) -> None:
    refused = reason(chart, (("config", "DATABASE_URL"), "postgresql://x"))
    assert refused[0] == "config.DATABASE_URL is given by secretEnv too."


def test_a_secret_that_repeats_a_literal_of_the_same_service_is_refused(chart: Chart) -> None:
    twice: Json = {"RESEARCH_MCP_CACHE_DIR": {"name": "a", "key": "b"}}
    refused = reason(chart, (("mcpServices", 0, "secretEnv"), twice))
    assert refused[0] == "mcpServices[0].secretEnv.RESEARCH_MCP_CACHE_DIR is given by mcpServices[0].env too."


@pytest.mark.parametrize(
    ("path", "read"),
    [
        (("config", "LANGFUSE_HOST"), "LANGFUSE_SERVER_URL"),
        (("config", "KEYCLOAK_REALM"), "STRATMASTER_OIDC_REALM"),
        (("mcpServices", 2, "env", "ROUTER_MCP_BASE_URL"), "ROUTER_MCP_PROVIDER_BASE_URL"),
        (("secretEnv", "STRATMASTER_API_DB_URL"), "DATABASE_URL"),
    ],
)
def test_a_variable_that_no_code_reads_is_refused_with_the_one_it_reads(
    chart: Chart, path: tuple[Step, ...], read: str
) -> None:
    value: Json = {"name": "a", "key": "b"} if path[0] == "secretEnv" else "x"
    what, mend = reason(chart, (path, value))
    assert str(path[-1]) in what
    assert read in mend
