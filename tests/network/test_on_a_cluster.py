"""Quota, guards and roles on a real API server."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from components.rbac import LOOK
from tests.network.cluster import Cluster
from tests.network.declaring import FULL_ENDPOINTS, FULL_NETWORK, GROUPS, Json, Object, declare, items, mapping
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.control_plane import ControlPlane

OPERATORS, READERS, CI = "the-operators", "the-readers", "the-pipelines"
EVERYBODY = (OPERATORS, READERS, CI)
MAXIMUM, SURGE = 10, 3


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[Cluster]:
    """Production's three namespaces, with everything configured that can be."""
    declared = declare(network=FULL_NETWORK, endpoints=FULL_ENDPOINTS, access=GROUPS, replicas=MAXIMUM)
    cluster = Cluster(
        kubectl=control_plane.binary("kubectl"),
        kubeconfig=control_plane.kubeconfig,
        prefix=f"net{secrets.token_hex(4)}",
    )
    cluster.install(declared)
    eventually(lambda: _is_guarded(cluster), "the guards have taken effect")
    yield cluster
    cluster.remove(declared)


def _is_guarded(cluster: Cluster) -> bool:
    """Whether a pipeline's write is denied in every namespace; until then it is made, and harms nobody."""
    tried = (cluster.apply([config_map(cluster, short)], group=CI) for short in ("blue", "green", "production"))
    return all("preview-only" in done.said for done in tried)


@pytest.fixture(scope="module")
def deployment(cluster: Cluster) -> str:
    """A Deployment that fits in, by its name."""
    done = cluster.apply([api(cluster, "green", replicas=1)])
    assert done.code == 0, done.said
    return "deployment/stratmaster-api"


def config_map(cluster: Cluster, short: str = "blue", **data: str) -> Object:
    metadata: Json = {"name": "probe", "namespace": cluster.namespace(short)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {**data}}


def api(cluster: Cluster, short: str, *, replicas: int, tag: str = "v1") -> Object:
    """A Deployment like the API's, of the size that the quota was computed for."""
    labels: Json = {"app.kubernetes.io/name": "stratmaster-api"}
    container: Json = {
        "name": "api",
        "image": f"example.com/api:{tag}",
        "resources": {
            "requests": {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "1Gi"},
            "limits": {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "2Gi"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod: Json = {
        "automountServiceAccountToken": False,
        "serviceAccountName": "stratmaster-api",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "stratmaster-api", "namespace": cluster.namespace(short)},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "template": {"metadata": {"labels": labels, "annotations": {"kept": "as it is"}}, "spec": pod},
        },
    }


def pods(cluster: Cluster, short: str) -> int:
    return len(items(cluster.get("pods", f"--namespace={cluster.namespace(short)}")["items"]))


def test_the_quota_admits_the_maximum_with_its_surge_and_stops_a_runaway(cluster: Cluster) -> None:
    cluster.apply([api(cluster, "blue", replicas=MAXIMUM)])
    eventually(lambda: pods(cluster, "blue") == MAXIMUM, "the autoscaler's maximum")
    cluster.apply([api(cluster, "blue", replicas=MAXIMUM, tag="never-ready")])
    eventually(lambda: pods(cluster, "blue") == MAXIMUM + SURGE, "a rolling update at the maximum")
    cluster.apply([api(cluster, "blue", replicas=100, tag="v1")])
    most = MAXIMUM + SURGE + SURGE  # as many again may be on their way out
    eventually(lambda: pods(cluster, "blue") == most, "as many as the quota has")
    events = cluster.get("events", f"--namespace={cluster.namespace('blue')}")
    assert "exceeded quota" in str(events)
    assert pods(cluster, "blue") == most


def test_a_load_balancer_and_a_node_port_are_over_quota(cluster: Cluster) -> None:
    for kind in ("LoadBalancer", "NodePort"):
        metadata: Json = {"name": "way-in", "namespace": cluster.namespace("green")}
        service: Object = {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
        done = cluster.apply([{**service, "spec": {"type": kind, "ports": [{"port": 80}]}}])
        assert done.code != 0
        assert "exceeded quota" in done.said


def test_a_pipeline_previews_a_change_and_the_object_stays(cluster: Cluster) -> None:
    cluster.apply([config_map(cluster, "green", a="before")])
    before = cluster.get("configmap/probe", f"--namespace={cluster.namespace('green')}")
    preview = cluster.apply(
        [config_map(cluster, "green", a="after")], "--dry-run=server", "--force-conflicts", group=CI
    )
    assert preview.code == 0, preview.said
    assert cluster.get("configmap/probe", f"--namespace={cluster.namespace('green')}") == before


def test_a_pipelines_preview_of_a_new_object_meets_the_servers_own_checks(cluster: Cluster) -> None:
    metadata: Json = {"name": "new", "namespace": cluster.namespace("green")}
    policy: Object = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata}
    good = cluster.apply([{**policy, "spec": {"podSelector": {}}}], "--dry-run=server", group=CI)
    bad = cluster.apply(
        [{**policy, "spec": {"podSelector": {}, "policyTypes": ["Sideways"]}}], "--dry-run=server", group=CI
    )
    assert good.code == 0, good.said
    assert "policyTypes" in bad.said


@pytest.mark.parametrize("short", ["blue", "green", "production"])
def test_a_pipeline_writes_nothing(cluster: Cluster, short: str) -> None:
    new = cluster.apply(
        [{**config_map(cluster, short), "metadata": {"name": "n", "namespace": cluster.namespace(short)}}], group=CI
    )
    assert "previews (dry-run=server) and writes nothing" in new.said
    changed = cluster.run(
        "patch",
        "networkpolicy/default-deny",
        f"--namespace={cluster.namespace(short)}",
        '--patch={"spec":{}}',
        group=CI,
    )
    assert "previews (dry-run=server) and writes nothing" in changed.said or "no change" in changed.said, changed.said


def test_a_pipeline_neither_previews_nor_reads_what_holds_secrets_or_rights(cluster: Cluster) -> None:
    where = cluster.namespace("green")
    secret: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": where}}
    role: Object = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r", "namespace": where},
    }
    for thing in (secret, role, api(cluster, "green", replicas=1, tag="evil")):
        done = cluster.apply([thing], "--dry-run=server", group=CI)
        assert "is forbidden: User" in done.said, done.said


def test_an_operator_restarts_a_deployment(cluster: Cluster, deployment: str) -> None:
    where = f"--namespace={cluster.namespace('green')}"

    def restarted() -> bool:
        return cluster.run("rollout", "restart", deployment, where, group=OPERATORS).code == 0

    assert restarted()
    # The second changes the annotation that the first made; kubectl refuses it within the same second.
    eventually(restarted, "restarted again")
    status = cluster.run("rollout", "status", deployment, where, "--timeout=30s", group=OPERATORS)
    assert status.code == 0, status.said


@pytest.mark.parametrize(
    "patch",
    [
        '{"spec":{"replicas":0}}',
        '{"spec":{"paused":true}}',
        '{"spec":{"minReadySeconds":1}}',
        '{"spec":{"progressDeadlineSeconds":1}}',
        '{"spec":{"revisionHistoryLimit":0}}',
        '{"spec":{"strategy":{"rollingUpdate":{"maxUnavailable":"50%"}}}}',
        '{"spec":{"template":{"spec":{"containers":[{"name":"api","image":"example.com/evil"}]}}}}',
        '{"spec":{"template":{"spec":{"containers":[{"name":"api","env":[{"name":"A","value":"b"}]}]}}}}',
        '{"spec":{"template":{"spec":{"serviceAccountName":"default"}}}}',
        '{"spec":{"template":{"metadata":{"labels":{"more":"x"}}}}}',
        '{"spec":{"template":{"metadata":{"annotations":{"more":"x"}}}}}',
        '{"spec":{"template":{"metadata":{"annotations":{"kept":"otherwise"}}}}}',
        '{"spec":{"template":{"metadata":{"annotations":{"kept":null}}}}}',
        '{"metadata":{"labels":{"more":"x"}}}',
        '{"metadata":{"annotations":{"more":"x"}}}',
        '{"metadata":{"finalizers":["example.com/stays"]}}',
    ],
)
def test_an_operator_changes_nothing_else_of_a_deployment(cluster: Cluster, deployment: str, patch: str) -> None:
    done = cluster.run(
        "patch", deployment, f"--namespace={cluster.namespace('green')}", f"--patch={patch}", group=OPERATORS
    )
    assert done.code != 0
    assert "restarts (kubectl rollout restart) and changes nothing else" in done.said


def test_a_guard_takes_nothing_from_who_deploys(cluster: Cluster, deployment: str) -> None:
    where = f"--namespace={cluster.namespace('green')}"
    for group in (OPERATORS, CI):
        both = ("--as=admin", f"--as-group={group}", "--as-group=system:masters")
        done = cluster.run("patch", deployment, where, '--patch={"spec":{"revisionHistoryLimit":5}}', *both)
        assert done.code == 0, done.said


FORBIDDEN: list[tuple[str, str, str]] = [
    *(
        ("", "secrets", verb)
        for verb in ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
    ),
    *(("", f"pods/{way}", verb) for way in ("exec", "attach", "portforward", "proxy") for verb in ("get", "create")),
    *(("", "pods", verb) for verb in ("create", "update", "patch", "delete")),
    ("", "pods/ephemeralcontainers", "patch"),
    ("", "pods/eviction", "create"),
    ("", "serviceaccounts/token", "create"),
    *(("", who, "impersonate") for who in ("users", "groups", "serviceaccounts")),
    *(
        ("rbac.authorization.k8s.io", "roles", verb)
        for verb in ("create", "patch", "update", "escalate", "bind", "delete")
    ),
    *(("rbac.authorization.k8s.io", "rolebindings", verb) for verb in ("create", "patch", "update", "delete")),
    *(("rbac.authorization.k8s.io", "clusterroles", verb) for verb in ("bind", "escalate", "create")),
    *(("apps", "deployments", verb) for verb in ("create", "update", "delete")),
    *(("apps", "deployments/scale", verb) for verb in ("update", "patch")),
    *(("apps", kind, verb) for kind in ("statefulsets", "daemonsets", "replicasets") for verb in ("create", "patch")),
    *(("batch", kind, verb) for kind in ("jobs", "cronjobs") for verb in ("create", "patch")),
    ("", "namespaces", "patch"),
    ("", "namespaces", "delete"),
    *(("networking.k8s.io", "networkpolicies", verb) for verb in ("update", "delete")),
    *(("admissionregistration.k8s.io", "validatingadmissionpolicies", verb) for verb in ("patch", "delete")),
    *(("admissionregistration.k8s.io", "validatingadmissionpolicybindings", verb) for verb in ("patch", "delete")),
    ("*", "*", "*"),
    ("", "*", "get"),
]


@pytest.mark.parametrize("group", EVERYBODY)
def test_nobody_gets(cluster: Cluster, group: str) -> None:
    asked = [question(cluster, *each) for each in FORBIDDEN]
    answers = cluster.allowed(group, asked)
    assert [each for each, allowed in zip(FORBIDDEN, answers, strict=True) if allowed] == []


@pytest.mark.parametrize("group", EVERYBODY)
def test_everybody_looks_at_what_the_guide_looks_at(cluster: Cluster, group: str) -> None:
    looks = [
        (rule.api_groups[0], resource, verb) for rule in LOOK for resource in rule.resources for verb in rule.verbs
    ]
    answers = cluster.allowed(group, [question(cluster, *each) for each in looks])
    assert [each for each, allowed in zip(looks, answers, strict=True) if not allowed] == []
    assert {("", "pods", "list"), ("", "events", "list"), ("cert-manager.io", "certificates", "get")} <= set(looks)


@pytest.mark.parametrize(
    ("thing", "allowed"),
    [
        (("", "pods/log", "get"), {OPERATORS}),
        (("apps", "deployments", "patch"), {OPERATORS}),
        (("", "configmaps", "patch"), {CI}),
        (("gateway.networking.k8s.io", "httproutes", "patch"), {CI}),
        (("networking.k8s.io", "networkpolicies", "create"), {CI}),
    ],
)
def test_only_these_get(cluster: Cluster, thing: tuple[str, str, str], allowed: set[str]) -> None:
    assert {group for group in EVERYBODY if cluster.allowed(group, [question(cluster, *thing)]) == [True]} == allowed


@pytest.mark.parametrize("group", EVERYBODY)
def test_a_role_holds_in_our_namespaces_only(cluster: Cluster, group: str) -> None:
    elsewhere: list[dict[str, Json]] = [
        {"namespace": "kube-system", "resource": "pods", "verb": "list"},
        {"resource": "nodes", "verb": "list"},
    ]
    assert cluster.allowed(group, elsewhere) == [False, False]


def test_the_service_account_may_nothing_and_has_no_token(cluster: Cluster) -> None:
    account = cluster.get("serviceaccount/stratmaster-api", f"--namespace={cluster.namespace('blue')}")
    assert account["automountServiceAccountToken"] is False
    # What every account gets from Kubernetes differs from version to version: one that nobody gave anything tells.
    may, nobody_may = (
        cluster.run("auth", "can-i", "--list", where, f"--as=system:serviceaccount:{where.partition('=')[2]}:{name}")
        for where in (f"--namespace={cluster.namespace('blue')}",)
        for name in ("stratmaster-api", "nobody")
    )
    assert sorted(may.said.splitlines()) == sorted(nobody_may.said.splitlines())
    assert "selfsubjectaccessreviews" in may.said


def test_the_api_server_finds_no_fault_with_the_guards_expressions(cluster: Cluster) -> None:
    for short in ("blue", "production"):
        for purpose in ("restart-only", "preview-only"):
            name = f"validatingadmissionpolicy/{cluster.namespace(short)}-{purpose}"
            eventually(lambda name=name: "status" in cluster.get(name), f"{name} is type-checked")
            assert mapping(cluster.get(name)["status"]).get("typeChecking") in ({}, None)


def question(cluster: Cluster, group: str, resource: str, verb: str) -> dict[str, Json]:
    kind, _, subresource = resource.partition("/")
    asked: dict[str, Json] = {"namespace": cluster.namespace("blue"), "group": group, "resource": kind, "verb": verb}
    return {**asked, "subresource": subresource} if subresource else asked
