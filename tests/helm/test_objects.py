"""What a slot is made of, and that its parts find each other."""

from __future__ import annotations

import re
from typing import cast

import pytest

from tests.helm.rendering import (
    CHART,
    MCP_PORTS,
    NAMESPACE,
    RELEASE,
    WORKLOADS,
    Chart,
    Json,
    Rendered,
    changed,
    production_values,
)

PORTS = {RELEASE: 8080, **MCP_PORTS}
each_workload = pytest.mark.parametrize("name", WORKLOADS)


def test_a_slot_is_one_config_and_four_objects_for_each_workload(slot: Rendered) -> None:
    kinds = ("Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget")
    expected = {(kind, name) for kind in kinds for name in WORKLOADS} | {("ConfigMap", "stratmaster-config")}
    assert set(slot.objects) == expected


def test_every_object_stands_in_the_release_namespace_with_the_recommended_labels(slot: Rendered) -> None:
    for manifest in slot.objects.values():
        assert manifest.at("metadata", "namespace") == NAMESPACE
        labels = manifest.mapped("metadata", "labels")
        assert labels["app.kubernetes.io/instance"] == RELEASE
        assert labels["app.kubernetes.io/version"] == "v1.2.3"
        assert labels["app.kubernetes.io/part-of"] == "stratmaster"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/component"] in {"api", "mcp"}
        assert labels["stratmaster.com/slot"] == "blue"


@each_workload
def test_what_selects_pods_selects_those_of_its_own_deployment_and_no_others(slot: Rendered, name: str) -> None:
    deployment = slot("Deployment", name)
    selectors = [
        deployment.mapped("spec", "selector", "matchLabels"),
        slot("Service", name).mapped("spec", "selector"),
        slot("PodDisruptionBudget", name).mapped("spec", "selector", "matchLabels"),
        *(
            cast("dict[str, dict[str, dict[str, Json]]]", spread)["labelSelector"]["matchLabels"]
            for spread in deployment.pod.listed("spec", "topologySpreadConstraints")
        ),
    ]
    assert len(selectors) == 5
    for selector in selectors:
        matching = {
            other
            for other in WORKLOADS
            if selector.items() <= slot("Deployment", other).pod.mapped("metadata", "labels").items()
        }
        assert matching == {name}


@each_workload
def test_a_new_image_leaves_the_selector_as_it_is(chart: Chart, slot: Rendered, name: str) -> None:
    values = changed(production_values(), ("image", "tag"), to="v9.9.9")
    for index in range(len(MCP_PORTS)):
        values = changed(values, ("mcpServices", index, "image", "tag"), to="v9.9.9")
    newer = chart.render(changed(values, ("slot",), to="green"))("Deployment", name)
    assert newer.container.at("image") != slot("Deployment", name).container.at("image")
    assert newer.at("spec", "selector") == slot("Deployment", name).at("spec", "selector")


@each_workload
def test_the_service_leads_to_the_port_the_server_listens_on(slot: Rendered, name: str) -> None:
    [port] = slot("Service", name).listed("spec", "ports")
    [listening] = slot("Deployment", name).container.listed("ports")
    service_port = 80 if name == RELEASE else PORTS[name]
    assert port == {"name": "http", "port": service_port, "targetPort": "http", "protocol": "TCP"}
    assert listening == {"name": "http", "containerPort": PORTS[name], "protocol": "TCP"}
    assert f"--port={PORTS[name]}" in slot("Deployment", name).container.listed("command")


@pytest.mark.parametrize("tag", ["a" * 128, "v1.2.3-", "_main-0a1b2c3"])
def test_any_valid_tag_makes_a_valid_version_label(chart: Chart, tag: str) -> None:
    labels = chart.render(changed(production_values(), ("image", "tag"), to=tag))("Service").mapped(
        "metadata", "labels"
    )
    version = cast("str", labels["app.kubernetes.io/version"])
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", version)


def test_the_templates_ask_nothing_of_the_cluster() -> None:
    for template in (CHART / "templates").iterdir():
        text = template.read_text()
        assert "lookup" not in text
        assert ".Capabilities" not in text
        assert "helm.sh/hook" not in text
