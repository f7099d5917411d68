"""How many pods there are, and that they are never too few at once."""

from __future__ import annotations

from typing import cast

import pytest

from tests.helm.rendering import (
    RELEASE,
    WORKLOADS,
    Rendered,
    mappings,
)

each_workload = pytest.mark.parametrize("name", WORKLOADS)


@each_workload
def test_the_number_of_pods_is_the_autoscalers_alone(slot: Rendered, name: str) -> None:
    autoscaler = slot("HorizontalPodAutoscaler", name)
    assert autoscaler.mapped("spec", "scaleTargetRef") == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert "replicas" not in slot("Deployment", name).mapped("spec")


@each_workload
def test_the_autoscaler_has_the_bounds_and_targets_of_production(slot: Rendered, name: str) -> None:
    autoscaler = slot("HorizontalPodAutoscaler", name)
    bounds = (autoscaler.at("spec", "minReplicas"), autoscaler.at("spec", "maxReplicas"))
    targets = {
        cast("str", autoscaler.at("spec", "metrics", index, "resource", "name")): autoscaler.at(
            "spec", "metrics", index, "resource", "target", "averageUtilization"
        )
        for index in range(len(autoscaler.listed("spec", "metrics")))
    }
    assert bounds == ((3, 10) if name == RELEASE else (2, 6))
    assert targets == ({"cpu": 70, "memory": 80} if name == RELEASE else {"cpu": 75})


@each_workload
def test_pods_come_fast_and_go_slowly(slot: Rendered, name: str) -> None:
    behavior = slot("HorizontalPodAutoscaler", name).mapped("spec", "behavior")
    assert behavior == {
        "scaleUp": {
            "stabilizationWindowSeconds": 60,
            "selectPolicy": "Max",
            "policies": [
                {"type": "Percent", "value": 50, "periodSeconds": 60},
                {"type": "Pods", "value": 2, "periodSeconds": 60},
            ],
        },
        "scaleDown": {
            "stabilizationWindowSeconds": 300,
            "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}],
        },
    }


@each_workload
def test_a_drain_may_always_take_one_pod(slot: Rendered, name: str) -> None:
    budget = slot("PodDisruptionBudget", name)
    assert budget.at("spec", "maxUnavailable") == 1
    assert "minAvailable" not in budget.mapped("spec")
    assert budget.at("spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow"


@each_workload
def test_a_pod_is_up_before_another_goes(slot: Rendered, name: str) -> None:
    assert slot("Deployment", name).at("spec", "strategy") == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"},
    }


@each_workload
def test_pods_spread_over_zones_and_nodes_by_revision(slot: Rendered, name: str) -> None:
    spreads = mappings(slot("Deployment", name).pod.listed("spec", "topologySpreadConstraints"))
    assert [spread["topologyKey"] for spread in spreads] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    for spread in spreads:
        assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
        assert spread["matchLabelKeys"] == ["pod-template-hash"]
