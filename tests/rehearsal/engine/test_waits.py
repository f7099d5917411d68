"""What an update waits for before it calls a resource done."""

from __future__ import annotations

import json
import time
from typing import cast

import pytest

from rehearsal.engine.providers.api import Object
from tests.rehearsal.rig import Rig

SHORT = 'custom_timeouts=pulumi.CustomTimeouts(create="1500ms", update="1500ms", delete="1500ms")'
JOB = """
Job("job", metadata=meta("job"), spec={{"backoffLimit": 0, "template": pods("{tag}", restart_policy="Never")}},
    opts=on(custom_timeouts=pulumi.CustomTimeouts(create="20s")))
"""
SET = """
StatefulSet("set", metadata=meta("set"), opts=on({short}), spec={{
    "serviceName": "set", "replicas": {replicas}, "selector": {{"match_labels": {{"app": "app"}}}},
    "template": pods("{tag}"),
}})
"""
CLAIM = """
PersistentVolumeClaim("claim", metadata=meta("claim"), opts=on({short}), spec={{
    "access_modes": ["ReadWriteOnce"], "storage_class_name": "{storage}",
    "resources": {{"requests": {{"storage": "1Gi"}}}},
}})
"""
WAITING = """
k8s.apiextensions.CustomResource(
    "thing", api_version="gateway.networking.k8s.io/v1", kind="GatewayClass",
    metadata={{"name": NS, "annotations": {{"pulumi.com/waitFor": {wanted!r}}}}},
    spec={{"controllerName": "example.com/controller"}},
    opts=on({short}),
)
"""


def test_a_deployment_is_done_when_all_its_pods_are_ready(rig: Rig) -> None:
    rig.brought_up('deployment("d", replicas=3)')
    live = rig.get("Deployment", "d", api_version="apps/v1")
    assert live is not None
    assert cast("Object", live["status"])["readyReplicas"] == 3
    rig.brought_up('deployment("d", replicas=0)')


@pytest.mark.parametrize("tag", ["never-ready", "crash"])
def test_a_deployment_whose_pods_do_not_become_ready_fails_with_how_many_are(rig: Rig, tag: str) -> None:
    text = rig.refused(f'deployment("d", tag="{tag}", {SHORT})')
    assert "did not become ready: 0 of 1 Pods of this revision are ready" in text


def test_a_deployment_that_skips_the_wait_is_done_at_once(rig: Rig) -> None:
    rig.brought_up('deployment("d", tag="never-ready", annotations={"pulumi.com/skipAwait": "true"})')


def test_the_timeout_may_stand_in_an_annotation(rig: Rig) -> None:
    started = time.monotonic()
    text = rig.refused('deployment("d", tag="never-ready", annotations={"pulumi.com/timeoutSeconds": "1"})')
    assert "(after 1 s)" in text
    assert time.monotonic() - started < 60


def test_a_stateful_set_is_done_when_all_its_pods_are_ready(rig: Rig) -> None:
    rig.brought_up(SET.format(tag="v1", replicas=2, short=""))
    live = rig.get("StatefulSet", "set", api_version="apps/v1")
    assert live is not None
    assert cast("Object", live["status"])["readyReplicas"] == 2
    assert "of 2 Pods" in rig.refused(SET.format(tag="never-ready", replicas=2, short=SHORT))


def test_a_job_is_done_when_it_completes(rig: Rig) -> None:
    rig.brought_up(JOB.format(tag="v1"))
    live = rig.get("Job", "job", api_version="batch/v1")
    assert live is not None
    assert cast("Object", live["status"])["succeeded"] == 1


def test_a_failed_job_ends_the_wait_at_once(rig: Rig) -> None:
    text = rig.refused(JOB.format(tag="job-fails"))
    assert "the Job failed" in text
    assert "after" not in text.partition("the Job failed")[2].partition("\n")[0]


def test_a_claim_is_done_when_it_is_bound(rig: Rig) -> None:
    rig.brought_up(CLAIM.format(storage="standard", short=""))
    live = rig.get("PersistentVolumeClaim", "claim")
    assert live is not None
    assert cast("Object", live["status"])["phase"] == "Bound"


def test_a_claim_whose_class_waits_for_the_first_pod_is_done_at_once(rig: Rig) -> None:
    storage = """
k8s.storage.v1.StorageClass("later", metadata={"name": NS}, provisioner="example.com/none",
                            volume_binding_mode="WaitForFirstConsumer", opts=on())
"""
    rig.brought_up(storage)
    rig.brought_up(storage + CLAIM.format(storage=rig.namespace, short=SHORT))
    assert rig.destroy().well


def test_a_claim_of_a_class_that_is_not_there_is_never_bound(rig: Rig) -> None:
    assert "the claim is not bound" in rig.refused(CLAIM.format(storage="nowhere", short=SHORT))


def test_a_service_is_done_when_the_pods_it_selects_are_ready(rig: Rig) -> None:
    service = 'Service("s", metadata=meta("s"), spec={"ports": [{"port": 80}], "selector": {"app": "d"}}, opts=on(%s))'
    rig.brought_up(service % "")
    rig.brought_up('deployment("d")\n' + service % "")


INGRESS = """
k8s.networking.v1.Ingress("i", metadata=meta("i", annotations={annotations!r}), opts=on({short}), spec={{
    "default_backend": {{"service": {{"name": "s", "port": {{"number": 80}}}}}},
}})
"""


def test_an_ingress_is_done_when_it_has_an_address(rig: Rig) -> None:
    rig.brought_up(INGRESS.format(annotations={}, short=""))
    live = rig.get("Ingress", "i", api_version="networking.k8s.io/v1")
    assert live is not None
    assert cast("Object", live["status"])["loadBalancer"]


def test_an_ingress_without_a_controller_never_is(rig: Rig) -> None:
    never = {"rehearsal.stratmaster.com/simulate": "never-ready"}
    assert "the Ingress has no address" in rig.refused(INGRESS.format(annotations=never, short=SHORT))


@pytest.mark.parametrize(
    "wanted",
    [
        "condition=Accepted",
        "condition=Accepted=True",
        "jsonpath={.status.conditions[0].reason}=Accepted",
        "jsonpath={.metadata.uid}",
        json.dumps(["condition=Accepted", "jsonpath={.spec.controllerName}=example.com/controller"]),
    ],
)
def test_any_kind_waits_for_what_its_annotation_says(rig: Rig, wanted: str) -> None:
    rig.brought_up(WAITING.format(wanted=wanted, short=""))
    rig.destroy()


@pytest.mark.parametrize(
    ("wanted", "missing"),
    [
        ("condition=Ready", "condition Ready is not True"),
        ("condition=Accepted=False", "condition Accepted is not False"),
        ("jsonpath={.status.phase}=Bound", ".status.phase is not Bound"),
        (json.dumps(["condition=Accepted", "condition=Ready"]), "condition Ready is not True"),
        ("Ready", 'expected a "jsonpath=" or "condition=" prefix, got "Ready"'),
        ("[nonsense", "neither an expression nor a JSON list"),
        ("jsonpath={.status..reason}=x", "does not carry out"),
    ],
)
def test_a_wait_that_is_not_met_says_what_is_missing(rig: Rig, wanted: str, missing: str) -> None:
    assert missing in rig.refused(WAITING.format(wanted=wanted, short=SHORT))
    rig.destroy()


def test_a_deletion_waits_until_the_object_is_gone_and_names_what_holds_it(rig: Rig) -> None:
    rig.brought_up(f'config_map("a", metadata={{"finalizers": ["example.com/held"]}}, {SHORT})')
    failed = rig.destroy()
    assert not failed.well
    assert "finalizers: example.com/held" in failed.text
    found = rig.api.kind("v1", "ConfigMap")
    assert found is not None
    patch: Object = {"metadata": {"finalizers": None}}
    kind = "application/merge-patch+json"
    rig.api.request("PATCH", found.path(rig.namespace, "a"), patch, content_type=kind)
    assert rig.destroy().well
