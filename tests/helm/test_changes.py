"""What a change of values does to a slot: which pods roll, and what a shutdown takes away and gives back."""

from __future__ import annotations

import pytest

from tests.helm.rendering import MCP_PORTS, RELEASE, WORKLOADS, Chart, Json, Step, changed, production_values


def rolled(chart: Chart, path: tuple[Step, ...], new: Json) -> set[str]:
    """The workloads whose pods a change replaces."""
    before, after = chart.render(production_values()), chart.render(changed(production_values(), path, to=new))
    return {name for name in WORKLOADS if before("Deployment", name).pod != after("Deployment", name).pod}


def test_a_change_of_config_rolls_the_api(chart: Chart) -> None:
    assert rolled(chart, ("config", "CACHE_ENABLED"), "false") == {RELEASE}


def test_a_changed_secret_rolls_whoever_reads_one(chart: Chart) -> None:
    assert rolled(chart, ("secretsChecksum",), "2") == set(WORKLOADS)


def test_a_changed_secret_leaves_those_alone_that_read_none(chart: Chart) -> None:
    before = changed(production_values(), ("mcpServices", 0, "secretEnv"), to={})
    after = changed(before, ("secretsChecksum",), to="2")
    pods = [chart.render(values)("Deployment", "research-mcp").pod for values in (before, after)]
    assert pods[0] == pods[1]


def test_the_environment_of_one_service_rolls_that_service(chart: Chart) -> None:
    assert rolled(chart, ("mcpServices", 3, "env"), {"EVALS_MCP_RAGAS_THRESHOLD": "0.8"}) == {"evals-mcp"}


@pytest.mark.parametrize(
    ("path", "new"), [(("replicas", "max"), 12), (("chartDigest",), "b" * 64), (("shutdown",), True)]
)
def test_neither_bounds_nor_digest_nor_shutdown_roll_a_pod(chart: Chart, path: tuple[Step, ...], new: Json) -> None:
    assert rolled(chart, path, new) == set()


def test_another_digest_of_the_chart_makes_another_release(chart: Chart) -> None:
    other = chart.render(changed(production_values(), ("chartDigest",), to="b" * 64))
    for name in WORKLOADS:
        annotations = other("Deployment", name).mapped("metadata", "annotations")
        assert annotations == {"stratmaster.com/chart-digest": "b" * 64}


def test_a_shutdown_leaves_no_pod_and_nothing_that_would_bring_one_back(chart: Chart) -> None:
    stopped = chart.render(changed(production_values(), ("shutdown",), to=True))
    assert [stopped("Deployment", name).at("spec", "replicas") for name in WORKLOADS] == [0] * len(WORKLOADS)
    assert stopped.kinds() == {"ConfigMap", "Service", "Deployment"}


def test_the_services_stay_in_a_shutdown_so_that_no_route_breaks(chart: Chart) -> None:
    stopped = chart.render(changed(production_values(), ("shutdown",), to=True))
    assert {name for kind, name in stopped.objects if kind == "Service"} == {RELEASE, *MCP_PORTS}
