"""Which pods a network policy selects, and which names lead nowhere: what only the whole stack shows."""

from __future__ import annotations

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, container, pod_spec, resource
from tests.policies.networking import GOOD_PEER, METADATA, NAMESPACE, policy, service


def deployment(labels: Value, *, namespace: str = NAMESPACE) -> Resource:
    spec = pod_spec(containers=[container(ports=[{"name": "http", "containerPort": 8080}])])
    inputs: Properties = {
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": namespace},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": labels}, "spec": spec}},
    }
    return resource("kubernetes:apps/v1:Deployment", inputs=inputs, name="api")


def of(inputs: Properties, name: str = "it", group: str = "core/v1") -> Resource:
    return resource(f"kubernetes:{group}:{inputs['kind']}", inputs=inputs, name=name)


def net(name: str, **spec: Value) -> Resource:
    return of(policy(name=name, **spec), name, "networking.k8s.io/v1")


def stack_says(rule: str, *declared: Resource) -> list[str]:
    return [each.sentence for each in Pack().stack(*declared) if each.rule == rule]


API = deployment({"app": "api"})


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({"policyTypes": ["Ingress", "Egress"]}, False),
        ({"policyTypes": ["Ingress", "Egress"], "podSelector": {"matchLabels": {"app": "api"}}}, False),
        ({"egress": [{"to": [GOOD_PEER]}]}, False),
        ({"ingress": [{"from": [GOOD_PEER]}]}, True),
        ({"policyTypes": ["Egress"]}, True),
        ({"policyTypes": ["Ingress", "Egress"], "podSelector": {"matchLabels": {"app": "web"}}}, True),
        ({"policyTypes": ["Ingress", "Egress"], "podSelector": UNKNOWN}, True),
        ({"policyTypes": UNKNOWN}, True),
    ],
)
def test_every_pod_is_selected_in_both_directions(spec: Properties, *, refused: bool) -> None:
    assert bool(stack_says("network-isolated-pods", API, net("it", **spec))) is refused


def test_a_policy_of_another_namespace_or_on_a_pod_with_unknown_labels_covers_nobody() -> None:
    shut = net("shut", policyTypes=["Ingress", "Egress"])
    assert stack_says("network-isolated-pods", deployment({"app": "api"}, namespace="stratmaster-green"), shut)
    assert stack_says("network-isolated-pods", deployment(UNKNOWN), shut)


def test_a_job_is_isolated_too() -> None:
    inputs: Properties = {"kind": "Job", "metadata": METADATA, "spec": {"template": {"spec": pod_spec()}}}
    assert stack_says("network-isolated-pods", of(inputs, group="batch/v1"))


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({"policyTypes": ["Ingress", "Egress"]}, False),
        ({"policyTypes": ["Ingress", "Egress"], "podSelector": {"matchLabels": {"app": "api"}}}, True),
        ({"policyTypes": ["Ingress", "Egress"], "egress": [{"to": [GOOD_PEER]}]}, True),
        ({"policyTypes": ["Ingress"]}, True),
        ({"policyTypes": ["Ingress", "Egress"], "ingress": UNKNOWN}, True),
        ({"policyTypes": ["Ingress", UNKNOWN]}, True),
    ],
)
def test_a_namespace_denies_by_default(spec: Properties, *, refused: bool) -> None:
    namespace = of({"kind": "Namespace", "metadata": {"name": NAMESPACE}}, "namespace")
    assert bool(stack_says("network-default-deny", namespace, net("it", **spec))) is refused


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({}, False),
        ({"ports": [{"port": 80, "targetPort": 8080}]}, False),
        ({"selector": None}, False),
        ({"selector": {"app": "web"}}, True),
        ({"selector": {"app": UNKNOWN}}, True),
        ({"ports": [{"port": 80, "targetPort": "web"}]}, True),
        ({"ports": [{"port": 80, "targetPort": UNKNOWN}]}, True),
    ],
)
def test_a_service_leads_to_pods_and_their_ports(spec: Properties, *, refused: bool) -> None:
    assert bool(stack_says("network-services-resolve", API, of(service(**spec)))) is refused


@pytest.mark.parametrize(("name", "refused"), [("postgres", False), ("other", True), (UNKNOWN, True)])
def test_a_service_may_lead_to_the_pods_of_a_database_that_the_stack_declares(name: Value, *, refused: bool) -> None:
    metadata: Properties = {**METADATA, "name": "postgres"}
    cluster: Properties = {"kind": "Cluster", "metadata": metadata, "spec": {"instances": 3}}
    database = of(cluster, "postgres", "postgresql.cnpg.io/v1")
    selecting = of(service(selector={"cnpg.io/cluster": name}, ports=[{"port": 5432, "targetPort": 5432}]))
    assert bool(stack_says("network-services-resolve", database, selecting)) is refused


@pytest.mark.parametrize(("app", "refused"), [("api", False), ("web", True), (UNKNOWN, True)])
def test_a_budget_selects_pods(app: Value, *, refused: bool) -> None:
    spec: Properties = {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}
    budget: Properties = {"kind": "PodDisruptionBudget", "metadata": METADATA, "spec": spec}
    assert bool(stack_says("network-budgets-resolve", API, of(budget, group="policy/v1"))) is refused


@pytest.mark.parametrize(
    ("target", "refused"),
    [
        ({"kind": "Deployment", "name": "api"}, False),
        ({"kind": "StatefulSet", "name": "api"}, True),
        ({"kind": "Deployment", "name": "web"}, True),
        ({"kind": "Deployment", "name": UNKNOWN}, True),
    ],
)
def test_an_autoscaler_scales_what_is_there(target: Value, *, refused: bool) -> None:
    scaler: Properties = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": METADATA,
        "spec": {"minReplicas": 2, "scaleTargetRef": target},
    }
    assert bool(stack_says("network-autoscalers-resolve", API, of(scaler, group="autoscaling/v2"))) is refused


@pytest.mark.parametrize(
    ("backend", "refused"),
    [
        ({"name": "it", "port": 80}, False),
        ({"name": "it", "port": 80, "namespace": "stratmaster-green"}, False),  # change-safety asks about that one
        ({"name": "web", "port": 80}, True),
        ({"name": "it", "port": 81}, True),
        ({"name": UNKNOWN, "port": 80}, True),
        ({"name": "it", "port": UNKNOWN}, True),
        (UNKNOWN, True),
    ],
)
def test_a_route_leads_to_a_service_and_its_port(backend: Value, *, refused: bool) -> None:
    good: Properties = {"name": "it", "port": 80}
    route: Properties = {
        "kind": "HTTPRoute",
        "metadata": METADATA,
        "spec": {"rules": [{"backendRefs": [good]}, {"backendRefs": [backend]}]},
    }
    found = stack_says("network-routes-resolve", of(service()), of(route, group="gateway.networking.k8s.io/v1"))
    assert bool(found) is refused


@pytest.mark.parametrize(("name", "number", "refused"), [("it", 80, False), ("web", 80, True), ("it", 8080, True)])
def test_an_ingress_leads_to_a_service_and_its_port(name: str, number: int, *, refused: bool) -> None:
    backend: Properties = {"service": {"name": name, "port": {"number": number}}}
    by_path: Properties = {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]}
    by_default: Properties = {"defaultBackend": backend}
    for spec in (by_path, by_default):
        ingress: Properties = {"kind": "Ingress", "metadata": METADATA, "spec": spec}
        found = stack_says("network-routes-resolve", of(service()), of(ingress, group="networking.k8s.io/v1"))
        assert bool(found) is refused
