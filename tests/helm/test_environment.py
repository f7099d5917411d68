"""What the containers are told: where the others are, what is configured, which secrets they read."""

from __future__ import annotations

from typing import cast

import pytest

from tests.helm.rendering import (
    MCP_PORTS,
    RELEASE,
    TMP,
    WORKLOADS,
    Chart,
    Json,
    Rendered,
    changed,
    mappings,
    production_values,
)

each_workload = pytest.mark.parametrize("name", WORKLOADS)


@pytest.mark.parametrize(
    ("name", "variable"), [("research-mcp", "RESEARCH_MCP_CACHE_DIR"), ("router-mcp", "MODEL_PERFORMANCE_DB_PATH")]
)
def test_a_service_that_writes_is_told_to_write_to_its_mount(slot: Rendered, name: str, variable: str) -> None:
    deployment = slot("Deployment", name)
    paths = [str(mount["mountPath"]) for mount in mappings(deployment.container.listed("volumeMounts"))]
    target = str(deployment.environment[variable])
    assert any(target == path or target.startswith(f"{path}/") for path in paths if path != TMP)


@each_workload
def test_no_service_link_overwrites_a_variable_that_the_code_reads(slot: Rendered, name: str) -> None:
    assert slot("Deployment", name).pod.at("spec", "enableServiceLinks") is False


def test_the_api_finds_every_service_of_the_list(slot: Rendered) -> None:
    expected = {f"{name.replace('-', '_').upper()}_URL": f"http://{name}:{port}" for name, port in MCP_PORTS.items()}
    assert expected.items() <= slot("Deployment").environment.items()


def test_a_service_added_to_the_list_gets_its_objects_and_its_address(chart: Chart) -> None:
    values = production_values()
    mappings(cast("list[Json]", values["mcpServices"])).append(
        {
            "name": "forecast-mcp",
            "port": 8090,
            "module": "forecast_mcp.app",
            "image": {"repository": "ghcr.io/iamjonobo/stratmaster-forecast-mcp", "tag": "v1"},
        }
    )
    rendered = chart.render(values)
    kinds = {kind for kind, name in rendered.objects if name == "forecast-mcp"}
    assert kinds == {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    assert rendered("Deployment").environment["FORECAST_MCP_URL"] == "http://forecast-mcp:8090"
    assert rendered("Deployment", "forecast-mcp").container.at("resources", "requests", "memory") == "2Gi"


def test_a_slot_without_services_is_the_api_alone(chart: Chart) -> None:
    rendered = chart.render(changed(production_values(), ("mcpServices",), to=[]))
    assert {name for _, name in rendered.objects} == {RELEASE, "stratmaster-config"}


def test_the_api_reads_its_config_and_its_secrets_by_name(slot: Rendered) -> None:
    container = slot("Deployment").container
    assert container.at("envFrom") == [{"configMapRef": {"name": "stratmaster-config"}}]
    assert slot("ConfigMap", "stratmaster-config").at("data") == {"CACHE_ENABLED": "true", "DB_POOL_SIZE": "6"}
    secret = {"secretKeyRef": {"name": "postgres-credentials", "key": "postgres-url"}}
    assert {"name": "DATABASE_URL", "valueFrom": secret} in container.listed("env")


@pytest.mark.parametrize("name", MCP_PORTS)
def test_a_service_sees_nothing_of_the_apis_config(slot: Rendered, name: str) -> None:
    assert "envFrom" not in slot("Deployment", name).container.mapped()
