"""What KWOK plays: pods that run, and everything that can be made to fail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.rehearsal.control_plane.conftest import Cluster

ROOT = Path(__file__).parents[3]
DIGEST = f"@sha256:{'0' * 64}"


def condition(found: dict[str, Any], name: str) -> str | None:
    conditions = found.get("status", {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == name), None)


def deployment(tag: str, registry: str = "localhost:5000/never-ready-team") -> dict[str, Any]:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "web", "image": f"{registry}/web:{tag}{DIGEST}"}]}
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def job(tag: str) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": f"example.com/job:{tag}"}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "job"},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


def custom(kind: str, group: str, spec: dict[str, Any], **annotations: str) -> dict[str, Any]:
    metadata = {
        "name": "it",
        "annotations": {f"rehearsal.stratmaster.com/{key}": annotations[key] for key in annotations},
    }
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


CERTIFICATE = ("Certificate", "cert-manager.io/v1")
GATEWAY = ("Gateway", "gateway.networking.k8s.io/v1")
GATEWAY_SPEC = {"gatewayClassName": "any", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]}


def certificate_spec(issuer: str) -> dict[str, Any]:
    return {"secretName": "tls", "dnsNames": ["api.stratmaster.com"], "issuerRef": {"name": issuer}}


def test_a_deployment_is_available_within_a_second_or_so(cluster: Cluster) -> None:
    cluster.apply(deployment("v1.2.3"))
    found = cluster.until(lambda each: each["status"].get("readyReplicas") == 2, "deployment", "web")
    assert condition(found, "Available") == "True"


def test_pods_of_a_never_ready_image_run_but_do_not_get_ready(cluster: Cluster) -> None:
    cluster.apply(deployment("v1.2.3-never-ready"))
    pods = cluster.until(
        lambda each: [pod["status"]["phase"] for pod in each["items"]] == ["Running", "Running"], "pods"
    )
    assert [condition(pod, "Ready") for pod in pods["items"]] == ["False", "False"]
    assert condition(cluster.get("deployment", "web"), "Available") == "False"


def test_a_fixed_image_replaces_one_that_was_never_ready(cluster: Cluster) -> None:
    cluster.apply(deployment("never-ready"))
    cluster.until(lambda each: len(each["items"]) == 2, "pods")
    cluster.apply(deployment("v2"))
    cluster.until(
        lambda each: each["status"].get("updatedReplicas") == each["status"].get("readyReplicas") == 2,
        "deployment",
        "web",
    )
    cluster.until(lambda each: len(each["items"]) == 2, "pods")


def test_pods_of_a_crash_image_are_in_crash_loop_back_off_and_restart(cluster: Cluster) -> None:
    def restarts(pods: dict[str, Any]) -> list[int]:
        return [
            status["restartCount"]
            for pod in pods["items"]
            for status in pod["status"].get("containerStatuses", [])
            if status["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
        ]

    cluster.apply(deployment("crash"))
    first = restarts(cluster.until(lambda each: len(restarts(each)) == 2, "pods"))
    assert all(count >= 1 for count in first)
    cluster.until(lambda each: sum(restarts(each)) > sum(first), "pods")
    assert condition(cluster.get("deployment", "web"), "Available") == "False"


def test_a_job_completes(cluster: Cluster) -> None:
    cluster.apply(job("v1"))
    cluster.until(lambda each: condition(each, "Complete") == "True", "job", "job")


@pytest.mark.parametrize("tag", ["v1-job-fails", "crash"])
def test_a_job_whose_image_fails_has_failed_after_its_backoff_limit(cluster: Cluster, tag: str) -> None:
    cluster.apply(job(tag))
    found = cluster.until(lambda each: condition(each, "Failed") == "True", "job", "job")
    assert found["status"]["conditions"][-1]["reason"] == "BackoffLimitExceeded"


def test_an_autoscaler_lifts_a_deployment_to_its_minimum_at_once(cluster: Cluster) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
    }
    cluster.apply(
        deployment("v1"),
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web"},
            "spec": {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 10, "metrics": [metric]},
        },
    )
    cluster.until(lambda each: each["status"].get("readyReplicas") == 3, "deployment", "web", seconds=10)


def test_a_claim_is_bound_and_its_volume_goes_with_it(cluster: Cluster) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    cluster.apply(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec},
    )
    found = cluster.until(lambda each: each["status"]["phase"] == "Bound", "pvc", "data")
    assert found["spec"]["storageClassName"] == "standard"
    cluster.run("delete", "pvc", "data")
    cluster.until(
        lambda each: all(volume["metadata"]["name"] != found["spec"]["volumeName"] for volume in each["items"]), "pv"
    )


def test_a_load_balancer_and_an_ingress_get_an_address(cluster: Cluster) -> None:
    service = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    cluster.apply(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service},
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "web"},
            "spec": {"defaultBackend": backend},
        },
    )
    for kind in ("service", "ingress"):
        cluster.until(lambda each: bool(each["status"]["loadBalancer"].get("ingress")), kind, "web")


def test_a_certificate_gets_ready_and_again_after_a_change(cluster: Cluster) -> None:
    for issuer in ("letsencrypt", "letsencrypt-staging"):
        cluster.apply(custom(*CERTIFICATE, certificate_spec(issuer)))
        generation = cluster.get("certificate", "it")["metadata"]["generation"]
        cluster.until(
            lambda each, wanted=generation: any(
                held["type"] == "Ready" and held["status"] == "True" and held["observedGeneration"] == wanted
                for held in each.get("status", {}).get("conditions", [])
            ),
            "certificate",
            "it",
        )


def test_a_gateway_is_programmed_and_its_route_accepted_with_references_resolved(cluster: Cluster) -> None:
    route = {"parentRefs": [{"name": "it"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}
    cluster.apply(custom(*GATEWAY, GATEWAY_SPEC), custom("HTTPRoute", GATEWAY[1], route))
    found = cluster.until(lambda each: condition(each, "Programmed") == "True", "gateway", "it")
    assert condition(found, "Accepted") == "True"
    assert found["status"]["addresses"]
    route_found = cluster.until(
        lambda each: each.get("status", {}).get("parents", [{}])[0].get("controllerName", "").startswith("rehearsal"),
        "httproute",
        "it",
    )
    parent = route_found["status"]["parents"][0]
    assert {each["type"]: each["status"] for each in parent["conditions"]} == {
        "Accepted": "True",
        "ResolvedRefs": "True",
    }
    assert parent["parentRef"]["name"] == "it"


STORE = ("SecretStore", "external-secrets.io/v1")


def store_spec(server: str) -> dict[str, Any]:
    login = {"kubernetes": {"mountPath": "kubernetes", "role": "web"}}
    return {"provider": {"vault": {"server": f"https://{server}:8200", "auth": login}}}


def test_an_external_secret_gets_ready_again_after_a_change_and_no_secret_comes_of_it(cluster: Cluster) -> None:
    for key in ("one", "two"):
        data = [{"secretKey": key, "remoteRef": {"key": "web", "property": key}}]
        spec = {"secretStoreRef": {"kind": "SecretStore", "name": "it"}, "data": data}
        cluster.apply(custom(*STORE, store_spec("vault")), custom("ExternalSecret", STORE[1], spec))
        cluster.until(lambda each: condition(each, "Ready") == "True", "secretstore", "it")
        generation = str(cluster.get("externalsecret", "it")["metadata"]["generation"])
        found = cluster.until(
            lambda each, wanted=generation: each.get("status", {}).get("syncedResourceVersion", "").startswith(wanted),
            "externalsecret",
            "it",
        )
        assert condition(found, "Ready") == "True"
    assert "no Secret was written" in found["status"]["conditions"][0]["message"]


SEALED = ("SealedSecret", "bitnami.com/v1alpha1")


def test_what_was_sealed_for_another_cluster_is_synced_all_the_same_and_no_secret_comes_of_it(cluster: Cluster) -> None:
    committed = yaml.safe_load((ROOT / "secrets" / "blue.sealed.yaml").read_text())["secrets"]["jwt-secrets"]
    cluster.apply(custom(*SEALED, {"encryptedData": committed}))
    found = cluster.until(lambda each: condition(each, "Synced") == "True", "sealedsecret", "it")
    assert "sealed for another cluster" in found["status"]["conditions"][0]["message"]
    assert "it" not in cluster.run("get", "secrets", "--output=name")


def test_simulated_controllers_can_fail(cluster: Cluster) -> None:
    cluster.apply(
        custom(*CERTIFICATE, certificate_spec("never-ready-issuer")),
        custom(*STORE, store_spec("never-ready.example.com")),
        custom("ExternalSecret", STORE[1], {"data": []}, simulate="never-ready"),
        custom(*GATEWAY, {**GATEWAY_SPEC, "gatewayClassName": "never-ready"}),
        {**custom(*CERTIFICATE, certificate_spec("letsencrypt")), "metadata": {"name": "after"}},
    )
    # Written after them and served by the same stages: when it is ready, the others had their turn.
    cluster.until(lambda each: condition(each, "Ready") == "True", "certificate", "after")
    assert condition(cluster.get("certificate", "it"), "Ready") is None
    assert condition(cluster.get("secretstore", "it"), "Ready") is None
    assert condition(cluster.get("externalsecret", "it"), "Ready") is None
    assert condition(cluster.get("gateway", "it"), "Programmed") != "True"
