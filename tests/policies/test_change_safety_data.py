"""What holds data, what is left out of what is compared, and who is told of a backup that fails."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.changing import job, slot, stack_says
from tests.policies.judging import Ignoring, Pack, resource


def holder(kind: str, group: str, spec: Properties, *, protect: bool = False) -> Resource:
    metadata: Properties = {"name": "it", "namespace": "stratmaster-production"}
    inputs: Properties = {"kind": kind, "metadata": metadata, "spec": spec}
    return resource(f"kubernetes:{group}:{kind}", inputs=inputs, protect=protect)


HOLDERS: list[tuple[str, str, Properties]] = [
    ("PersistentVolumeClaim", "core/v1", {}),
    ("PersistentVolume", "core/v1", {}),
    ("StatefulSet", "apps/v1", {"replicas": 2, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}),
    ("StatefulSet", "apps/v1", {"replicas": 2, "volumeClaimTemplates": UNKNOWN}),
    ("Cluster", "postgresql.cnpg.io/v1", {"instances": 3}),
    ("ObjectStore", "barmancloud.cnpg.io/v1", {}),
]


@pytest.mark.parametrize(("kind", "group", "spec"), HOLDERS)
def test_what_holds_data_is_protected_unless_it_is_taken_down(kind: str, group: str, spec: Properties) -> None:
    rule, foundation = "data-protected", Pack().of(stack="production", role="foundation")
    assert stack_says(rule, holder(kind, group, spec), pack=foundation)
    assert stack_says(rule, holder(kind, group, spec, protect=True), pack=foundation) == []
    assert stack_says(rule, holder(kind, group, spec), pack=foundation.of(environment="development")) == []
    taken_down = replace(foundation, context=replace(foundation.context, protect_data=False))
    assert stack_says(rule, holder(kind, group, spec), pack=taken_down) == []


def test_a_cache_without_volumes_holds_no_data() -> None:
    assert stack_says("data-protected", holder("StatefulSet", "apps/v1", {"replicas": 1})) == []


@pytest.mark.parametrize("protect", [False, True])
def test_the_namespace_of_data_is_protected_too(*, protect: bool) -> None:
    inputs: Properties = {"kind": "Namespace", "metadata": {"name": "stratmaster-production"}}
    namespace = resource("kubernetes:core/v1:Namespace", inputs=inputs, name="namespace", protect=protect)
    assert stack_says("data-protected", namespace) == []
    claim = holder("PersistentVolumeClaim", "core/v1", {}, protect=True)
    assert bool(stack_says("data-protected", namespace, claim)) is not protect


@pytest.mark.parametrize(
    ("kind", "group", "body", "refused"),
    [
        ("StatefulSet", "apps/v1", {"spec": {}}, False),
        ("StatefulSet", "apps/v1", {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}}}, True),
        ("StatefulSet", "apps/v1", {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": UNKNOWN}}}, True),
        ("PersistentVolume", "core/v1", {"spec": {}}, False),
        ("PersistentVolume", "core/v1", {"spec": {"persistentVolumeReclaimPolicy": "Delete"}}, True),
        ("StorageClass", "storage.k8s.io/v1", {"reclaimPolicy": "Retain"}, False),
        ("StorageClass", "storage.k8s.io/v1", {}, True),
        ("StorageClass", "storage.k8s.io/v1", {"reclaimPolicy": UNKNOWN}, True),
    ],
)
def test_volumes_outlive_what_claims_them(kind: str, group: str, body: Properties, *, refused: bool) -> None:
    inputs: Properties = {"kind": kind, "metadata": {"name": "it", "namespace": "x"}, **body}
    production, development = Pack(), Pack().of(environment="development")
    assert bool(production.findings("data-outlives-objects", f"kubernetes:{group}:{kind}", inputs)) is refused
    assert development.findings("data-outlives-objects", f"kubernetes:{group}:{kind}", inputs) == []


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("spec.replicas", False),
        ('spec["replicas"]', False),
        ("status", False),
        ("status.conditions[0]", False),
        ("spec", True),
        ("*", True),
        ("spec.template.spec.containers[0].image", True),
        ("metadata.labels", True),
        ("rules", True),
    ],
)
def test_only_what_controllers_write_is_left_out_of_what_is_compared(path: str, *, refused: bool) -> None:
    declared = slot()[0]
    subject = Ignoring(**vars(declared), ignore_changes=(path,))
    assert any(each.rule == "changes-compared" for each in Pack().resource(subject)) is refused


FOUNDATION = Pack().of(stack="production", role="foundation")
ALERTS = (
    *("BackupTooOld", "BackupNeverRan", "BackupFailed"),
    *("DrillStale", "DrillNeverRan", "DrillFailed", "CertificateExpiring"),
)


def alerts(*names: str, expr: Value = "up == 0") -> Resource:
    rules: list[Value] = [{"alert": name, "expr": expr} for name in names]
    spec: Properties = {"groups": [{"name": "it", "rules": [{"record": "x", "expr": "up"}, *rules]}]}
    inputs: Properties = {"kind": "PrometheusRule", "metadata": {"name": "it", "namespace": "x"}, "spec": spec}
    return resource("kubernetes:monitoring.coreos.com/v1:PrometheusRule", inputs=inputs, name="alerts")


@pytest.mark.parametrize("missing", ALERTS)
def test_no_alert_on_backups_drills_and_certificates_is_left_out(missing: str) -> None:
    rule, backup = "alerts-for-backups", job("CronJob")
    kept = [name for name in ALERTS if name != missing]
    assert stack_says(rule, backup, alerts(*ALERTS), pack=FOUNDATION) == []
    assert any(missing in each for each in stack_says(rule, backup, alerts(*kept), pack=FOUNDATION))
    assert stack_says(rule, backup, alerts(*kept)) == []  # a slot has no backups


@pytest.mark.parametrize("expr", ["", " ", None, UNKNOWN])
def test_an_alert_that_never_fires_is_none(expr: Value) -> None:
    assert len(stack_says("alerts-for-backups", alerts(*ALERTS, expr=expr), pack=FOUNDATION)) == 2 * len(ALERTS)


def test_backups_without_any_alert_are_refused_and_a_foundation_with_neither_is_not() -> None:
    assert len(stack_says("alerts-for-backups", job("CronJob"), pack=FOUNDATION)) == len(ALERTS)
    assert stack_says("alerts-for-backups", *slot(), pack=FOUNDATION) == []
