"""Where objects live, and by which version of their API."""

from __future__ import annotations

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, resource

PSA = "pod-security.kubernetes.io"
GOOD: Properties = {f"{PSA}/enforce": "restricted", f"{PSA}/enforce-version": "v1.34"}
TYPE = "kubernetes:core/v1:Namespace"


def namespace(labels: Value) -> Properties:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stratmaster-blue", "labels": labels}}


@pytest.mark.parametrize("level", ["baseline", "privileged", "Restricted", "", None, UNKNOWN])
def test_a_namespace_that_does_not_enforce_restricted_is_refused(production: Pack, level: Value) -> None:
    assert production.findings("namespace-restricted", TYPE, namespace({**GOOD, f"{PSA}/enforce": level}))


@pytest.mark.parametrize("version", ["latest", "1.34", "v1", None, UNKNOWN])
def test_a_namespace_without_a_pinned_standard_is_refused(production: Pack, version: Value) -> None:
    inputs = namespace({**GOOD, f"{PSA}/enforce-version": version})
    assert production.findings("namespace-pinned-standard", TYPE, inputs)


@pytest.mark.parametrize("rule", ["namespace-restricted", "namespace-pinned-standard"])
def test_a_namespace_with_both_labels_is_fine_and_one_with_unknown_labels_is_not(production: Pack, rule: str) -> None:
    assert production.findings(rule, TYPE, namespace(GOOD)) == []
    assert production.findings(rule, TYPE, namespace(UNKNOWN))
    assert production.findings(rule, TYPE, namespace(None))


def test_a_patch_may_leave_the_labels_but_not_loosen_them(production: Pack) -> None:
    patch = f"{TYPE}Patch"
    assert production.findings("namespace-restricted", patch, namespace({"team": "a"})) == []
    assert production.findings("namespace-restricted", patch, namespace({f"{PSA}/enforce": "privileged"}))
    assert production.findings("namespace-pinned-standard", patch, namespace({f"{PSA}/enforce-version": "latest"}))


@pytest.mark.parametrize("name", ["default", "kube-system", "", None, UNKNOWN])
@pytest.mark.parametrize("kind", ["ConfigMap", "ConfigMapPatch"])
def test_an_object_in_a_shared_namespace_or_in_none_is_refused(production: Pack, kind: str, name: Value) -> None:
    inputs: Properties = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "it", "namespace": name}}
    rule = "namespace-explicit"
    assert production.findings(rule, f"kubernetes:core/v1:{kind}", inputs)
    assert production.findings(rule, "kubernetes:core/v1:List", {"kind": "List", "items": [inputs]})


def test_an_object_that_belongs_to_the_cluster_needs_no_namespace(production: Pack) -> None:
    assert production.findings("namespace-explicit", TYPE, namespace(GOOD)) == []


def quota(kind: str, name: str = "stratmaster-blue") -> Resource:
    inputs: Properties = {"kind": kind, "metadata": {"name": "it", "namespace": name}}
    return resource(f"kubernetes:core/v1:{kind}", inputs=inputs, name=kind)


@pytest.mark.parametrize(
    ("declared", "missing"),
    [
        ([quota("ResourceQuota"), quota("LimitRange")], 0),
        ([quota("ResourceQuota")], 1),
        ([quota("ResourceQuota", "elsewhere"), quota("LimitRange")], 1),
        ([], 2),
    ],
)
def test_a_namespace_without_a_quota_is_pointed_out_and_passes(declared: list[Resource], missing: int) -> None:
    said = Pack().stack(resource(TYPE, inputs=namespace(GOOD)), *declared)
    assert [each.mandatory for each in said if each.rule == "namespace-quota"] == [False] * missing


@pytest.mark.parametrize(
    ("type_", "refused"),
    [
        ("apps/v1:Deployment", False),
        ("autoscaling/v2:HorizontalPodAutoscaler", False),
        ("core/v1:ConfigMap", False),
        ("gateway.networking.k8s.io/v1beta1:ReferenceGrant", False),
        ("bitnami.com/v1alpha1:SealedSecret", False),
        ("gateway.networking.k8s.io/v1beta1:HTTPRoute", True),
        ("extensions/v1beta1:Ingress", True),
        ("policy/v1beta1:PodDisruptionBudget", True),
        ("autoscaling/v2beta2:HorizontalPodAutoscaler", True),
        ("external-secrets.io/v1beta1:ExternalSecret", True),
        ("core/v1:Endpoints", True),
    ],
)
def test_only_versions_that_last_are_used(production: Pack, type_: str, *, refused: bool) -> None:
    api_version, _, kind = type_.rpartition(":")
    inputs: Properties = {"apiVersion": api_version.removeprefix("core/"), "kind": kind, "metadata": {"name": "it"}}
    rule = "api-version-stable"
    assert bool(production.findings(rule, f"kubernetes:{type_}", inputs)) is refused
    assert bool(production.findings(rule, "kubernetes:core/v1:List", {"kind": "List", "items": [inputs]})) is refused
    assert production.findings(rule, f"kubernetes:{type_}", {**inputs, "apiVersion": UNKNOWN})
