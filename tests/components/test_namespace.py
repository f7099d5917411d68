"""What a namespace comes with."""

from __future__ import annotations

from typing import cast

import pytest

from components.namespace import POD_SECURITY_VERSION
from rehearsal.engine.resource import Resource
from tests.network.declaring import Declared, Json, declare, mapping

NAMESPACE = "stratmaster-production"


@pytest.fixture(scope="module")
def declared() -> Declared:
    return declare()


@pytest.mark.parametrize("mode", ["enforce", "audit", "warn"])
def test_pod_security_is_restricted_at_a_pinned_version(declared: Declared, mode: str) -> None:
    labels = mapping(mapping(declared.one("Namespace", NAMESPACE)["metadata"])["labels"])
    assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
    assert labels[f"pod-security.kubernetes.io/{mode}-version"] == POD_SECURITY_VERSION == "v1.34"


def test_everything_is_denied_in_both_directions_by_default(declared: Declared) -> None:
    deny = declared.one("NetworkPolicy", "default-deny", NAMESPACE)
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_container_without_sizes_gets_ones_that_the_quota_can_count(declared: Declared) -> None:
    (limits,) = declared.of_kind("LimitRange", NAMESPACE)
    assert mapping(limits["spec"])["limits"] == [
        {
            "type": "Container",
            "defaultRequest": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "256Mi"},
            "default": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"},
        }
    ]


def test_the_quota_counts_every_size_that_the_defaults_fill_in(declared: Declared) -> None:
    (quota,) = declared.of_kind("ResourceQuota", NAMESPACE)
    kinds = {f"{kind}.{what}" for kind in ("requests", "limits") for what in ("cpu", "memory", "ephemeral-storage")}
    hard = mapping(mapping(quota["spec"])["hard"])
    assert set(hard) == {"pods", *kinds, "services.loadbalancers", "services.nodeports"}
    assert hard["services.loadbalancers"] == hard["services.nodeports"] == "0"


def test_a_namespace_that_will_not_go_is_an_error_after_a_quarter_of_an_hour(declared: Declared) -> None:
    (namespace,) = (each for each in declared.recording.of_kind("Namespace") if each.name == "production")
    assert namespace.timeouts.delete == 15 * 60


def test_everything_in_it_waits_for_the_namespace(declared: Declared) -> None:
    (namespace,) = (each for each in declared.recording.of_kind("Namespace") if each.name == "production")
    inside = [each for each in declared.recording.resources if _namespace(each) == NAMESPACE]
    assert len(inside) > 10
    assert [each.urn for each in inside if namespace.urn not in each.dependencies] == []


def _namespace(resource: Resource) -> Json:
    return mapping(cast("Json", resource.inputs.get("metadata") or {})).get("namespace")
