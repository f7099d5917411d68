"""Charts: which, from where, and with every safeguard in place; and how long what they prune is kept."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, container, cron_job, pod_spec

V3 = "kubernetes:helm.sh/v3:Release"
V4 = "kubernetes:helm.sh/v4:Chart"
RETENTION = "retention-at-least-30-days"
PINNED = "oci://quay.io/jetstack/charts/cert-manager@sha256:" + "0a" * 32
GOOD: Properties = {"chart": PINNED, "version": "v1.16.2", "name": "cert-manager", "namespace": "cert-manager"}
SIGNED: Properties = {
    "chart": "cert-manager",
    "version": "1.16.2",
    "verify": True,
    "keyring": "keys/cert-manager.gpg",
    "repositoryOpts": {"repo": "https://charts.jetstack.io/"},
}


def helm_rules(pack: Pack, type_: str, inputs: Mapping[str, Value]) -> set[str]:
    names = ("helm-exact-version", "helm-known-repository", "helm-verified-chart", "helm-nothing-switched-off")
    return {rule for rule in names if pack.findings(rule, type_, inputs)}


@pytest.mark.parametrize("type_", [V3, V4])
def test_charts_that_are_pinned_or_signed_and_those_of_the_project_pass(production: Pack, type_: str) -> None:
    for inputs in (GOOD, SIGNED, {"chart": "./helm/stratmaster-api"}, {"chart": "/work/chart"}):
        assert helm_rules(production, type_, inputs) == set()


@pytest.mark.parametrize(
    "version", [None, "", "1", "1.16", "~1.16.2", "^1.16.2", ">=1.0.0", "1.x", "*", "latest", UNKNOWN]
)
def test_a_version_that_may_change_is_refused(production: Pack, version: Value) -> None:
    assert helm_rules(production, V3, {**GOOD, "version": version}) == {"helm-exact-version"}


@pytest.mark.parametrize(
    "changes",
    [
        {"chart": "bitnami/nginx"},
        {"chart": "https://evil.example.com/chart-1.0.0.tgz"},
        {"chart": "oci://quay.io/jetstack/charts-evil/x@sha256:" + "0a" * 32},
        {"repositoryOpts": {"repo": "https://charts.jetstack.io.evil.example.com"}},
        {"chart": "./helm/mine", "repositoryOpts": {"repo": "https://evil.example.com"}},
        {"chart": UNKNOWN},
        {"repositoryOpts": UNKNOWN},
        {"repositoryOpts": {"repo": UNKNOWN}},
    ],
)
def test_a_repository_that_nobody_listed_is_refused(production: Pack, changes: Properties) -> None:
    assert "helm-known-repository" in helm_rules(production, V3, {**GOOD, **changes})


@pytest.mark.parametrize(
    "inputs",
    [
        {**GOOD, "chart": "oci://quay.io/jetstack/charts/cert-manager"},
        {**GOOD, "chart": "oci://quay.io/jetstack/charts/cert-manager@sha256:abc"},
        {**SIGNED, "verify": False},
        {**SIGNED, "verify": None},
        {**SIGNED, "verify": UNKNOWN},
        {**SIGNED, "keyring": None},
        {**SIGNED, "keyring": UNKNOWN},
    ],
)
def test_a_chart_with_neither_digest_nor_signature_is_refused(production: Pack, inputs: Properties) -> None:
    assert helm_rules(production, V3, inputs) == {"helm-verified-chart"}


@pytest.mark.parametrize("option", ["devel", "disableOpenapiValidation", "forceUpdate", "replace", "takeOwnership"])
@pytest.mark.parametrize("value", [True, UNKNOWN])
def test_a_release_that_switches_a_safeguard_off_is_refused(production: Pack, option: str, value: Value) -> None:
    assert helm_rules(production, V3, {**GOOD, option: value}) == {"helm-nothing-switched-off"}
    assert helm_rules(production, V3, {**GOOD, option: False}) == set()


@pytest.mark.parametrize("key", ["postrender", "reuseValues", "valueYamlFiles"])
def test_what_hides_a_release_is_refused(production: Pack, key: str) -> None:
    assert production.findings("coverage-readable", V3, {"chart": "./helm/stratmaster-api", key: ["x"]})


@pytest.mark.parametrize("policy", ["29d", "4w", "0d", "", "d30", "30", 29.0, UNKNOWN])
def test_a_database_that_keeps_its_backups_for_less_than_30_days_is_refused(production: Pack, policy: Value) -> None:
    fine = policy == "30"
    store: Properties = {"metadata": {"name": "it"}, "spec": {"retentionPolicy": policy}}
    assert bool(production.findings(RETENTION, "kubernetes:barmancloud.cnpg.io/v1:ObjectStore", store)) != fine
    cluster: Properties = {"metadata": {"name": "it"}, "spec": {"backup": {"retentionPolicy": policy}}}
    assert bool(production.findings(RETENTION, "kubernetes:postgresql.cnpg.io/v1:Cluster", cluster)) != fine


@pytest.mark.parametrize("policy", ["30d", "5w", "1m", "90d", None])
def test_a_database_that_keeps_its_backups_for_30_days_or_for_good_passes(production: Pack, policy: Value) -> None:
    store: Properties = {"metadata": {"name": "it"}, "spec": {"retentionPolicy": policy}}
    assert production.findings(RETENTION, "kubernetes:barmancloud.cnpg.io/v1:ObjectStore", store) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"env": [{"name": "BACKUP_RETENTION_DAYS", "value": "29"}]},
        {"env": [{"name": "BACKUP_RETENTION_DAYS", "value": UNKNOWN}]},
        {"env": [{"name": UNKNOWN, "value": "30"}]},
        {"env": [{"name": "RETENTION_DAYS", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "y"}}}]},
        {"env": UNKNOWN},
        {"args": ["prune", "--retention-days=7"]},
        {"args": ["prune", "--keep", "7d"]},
        {"args": ["prune", "--keep"]},
        {"args": ["prune", UNKNOWN]},
        {"command": UNKNOWN},
    ],
)
def test_a_job_that_prunes_backups_younger_than_30_days_is_refused(
    production: Pack, development: Pack, broken: Properties
) -> None:
    job = cron_job(pod_spec(containers=[container(**broken)]))
    assert production.findings(RETENTION, "kubernetes:batch/v1:CronJob", job)
    assert development.findings(RETENTION, "kubernetes:batch/v1:CronJob", job) == []


def test_a_job_that_keeps_30_days_passes(production: Pack) -> None:
    fine = container(env=[{"name": "BACKUP_RETENTION_DAYS", "value": "30"}], args=["prune", "--keep", "31d"])
    job = cron_job(pod_spec(containers=[fine]))
    assert production.findings(RETENTION, "kubernetes:batch/v1:CronJob", job) == []
    config: Properties = {"metadata": {"name": "it"}, "data": {"BACKUP_RETENTION_DAYS": "7", "LOG_RETENTION": "7"}}
    (found,) = production.findings(RETENTION, "kubernetes:core/v1:ConfigMap", config)
    assert found.startswith("data.BACKUP_RETENTION_DAYS keeps")
