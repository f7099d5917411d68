"""Certificates, secrets, blue and green, the alerting itself."""

from tests.monitoring.cases.case import Case
from tests.monitoring.timeline import Series, counter, gauge

IN = 'namespace="stratmaster-production"'
DAY = 86400
CERTIFICATE = f'{IN},name="stratmaster-tls"'
SERVED = 'probe_ssl_earliest_cert_expiry{job="stratmaster-public",instance="https://api.stratmaster.com/healthz"}'
RULES = 'rule_group="/rules/stratmaster.yaml;stratmaster-api"'


def weights(blue: float, green: float, *, then: tuple[float, float] | None = None) -> tuple[Series, ...]:
    """What traffic says of the slots, while it is good and while it is bad."""
    after = then or (blue, green)
    return (
        gauge('stratmaster:slot_weight:percent{slot="blue"}', blue, after[0]),
        gauge('stratmaster:slot_weight:percent{slot="green"}', green, after[1]),
    )


def ready(slot: str, good: float, bad: float) -> tuple[Series, ...]:
    """Pods of a slot whose minimum is three."""
    where = f'namespace="stratmaster-{slot}"'
    return (
        gauge(
            f'kube_horizontalpodautoscaler_spec_min_replicas{{{where},horizontalpodautoscaler="stratmaster-api"}}', 3, 3
        ),
        gauge(f'kube_deployment_status_replicas_available{{{where},deployment="stratmaster-api"}}', good, bad),
    )


CASES = (
    Case(
        alert="CertificateNotReady",
        series=(gauge(f'certmanager_certificate_ready_status{{{CERTIFICATE},condition="True"}}', 1, 0),),
        says="Certificate stratmaster-tls in stratmaster-production has not been ready",
    ),
    Case(
        alert="CertificateExpiring",
        series=(gauge(f"certmanager_certificate_expiration_timestamp_seconds{{{CERTIFICATE}}}", 60 * DAY, 13 * DAY),),
        says="Certificate stratmaster-tls in stratmaster-production ends in 12d 22h",
    ),
    Case(alert="ServedCertificateExpiring", series=(gauge(SERVED, 60 * DAY, 13 * DAY),), says="ends in 12d 22h"),
    Case(alert="ServedCertificateEnding", series=(gauge(SERVED, 13 * DAY, 1 * DAY),), says="ends in 23h 45m"),
    Case(
        alert="CertificatesUnwatched",
        series=(gauge(f"certmanager_certificate_expiration_timestamp_seconds{{{CERTIFICATE}}}", 60 * DAY, None),),
        says="cert-manager's metrics have been missing",
        absence=True,
    ),
    Case(
        alert="SealedSecretCannotBeOpened",
        series=(
            gauge(
                'sealed_secrets_controller_condition_info{namespace="stratmaster-blue",name="jwt-secrets-sealed",'
                'condition="Synced"}',
                1,
                -1,
            ),
        ),
        says="SealedSecret jwt-secrets-sealed in stratmaster-blue was sealed for another key",
    ),
    Case(
        alert="UnsealErrors",
        recovery=13,
        series=(
            counter(
                'sealed_secrets_controller_unseal_errors_total{namespace="stratmaster-blue",reason="unseal"}', 0, 1
            ),
            # One that begins with its errors, and stands from then on.
            gauge(
                'sealed_secrets_controller_unseal_errors_total{namespace="stratmaster-blue",reason="fetch"}', None, 3
            ),
        ),
        says="attempts to open a sealed secret of stratmaster-blue failed in 15 minutes",
        alerts=2,
    ),
    Case(
        alert="SealingKeyNotBackedUp",
        series=(
            gauge('kube_secret_created{namespace="kube-system",secret="sealed-secrets-keyabcde"}', 0, -2 * DAY),
            gauge('kube_secret_created{namespace="kube-system",secret="sealed-secrets-keyvwxyz"}', 0, -2 * DAY),
            gauge('kube_configmap_info{namespace="kube-system",configmap="backup-of-sealed-secrets-keyvwxyz"}', 1, 1),
        ),
        says="Key sealed-secrets-keyabcde of the sealed-secrets controller is 2d",
    ),
    Case(
        alert="ExternalSecretNotSynced",
        series=(
            gauge(f'externalsecret_status_condition{{{IN},name="jwt-secrets",condition="Ready",status="False"}}', 0, 1),
        ),
        says="ExternalSecret jwt-secrets in stratmaster-production has failed",
    ),
    Case(
        alert="LiveSlotUnhealthy",
        series=(*weights(100, 0), *ready("blue", 3, 1), *ready("green", 0, 0)),
        says="Slot blue, which users are on, is 2 ready pods below its minimum",
        labels={"slot": "blue"},
    ),
    Case(
        alert="LiveSlotSilent",
        series=(
            *weights(100, 0),
            gauge('probe_success{job="stratmaster-slots",slot="blue"}', 1, 0),
            gauge('probe_success{job="stratmaster-slots",slot="green"}', 0, 0),
        ),
        says="Slot blue, which users are on, doesn't answer",
        labels={"slot": "blue"},
    ),
    Case(
        alert="IdleSlotUnhealthy",
        series=(*weights(100, 0), *ready("blue", 1, 1), *ready("green", 3, 0)),
        says="Slot green is 3 ready pods below its minimum",
        labels={"slot": "green"},
    ),
    Case(
        alert="McpServiceSilent",
        series=(
            *weights(100, 0),
            gauge('probe_success{job="stratmaster-mcp",slot="blue",service="research-mcp"}', 1, 0),
            gauge('probe_success{job="stratmaster-mcp",slot="green",service="research-mcp"}', 0, 0),
        ),
        says="research-mcp of slot blue doesn't answer",
        labels={"slot": "blue", "service": "research-mcp"},
    ),
    Case(
        alert="WeightsSplitTooLong",
        series=weights(100, 0, then=(90, 10)),
        says="2 slots have had weight for 24 hours",
        step=5,
    ),
    Case(
        alert="SlotSchemasDiffer",
        series=(
            gauge(
                'kube_pod_container_info{namespace="stratmaster-blue",pod="stratmaster-migration-1a2b3c4d-x",image_spec="operations:v1"}',
                1,
                1,
            ),
            gauge(
                'kube_pod_container_info{namespace="stratmaster-green",pod="stratmaster-migration-1a2b3c4d-y",image_spec="operations:v1"}',
                1,
                None,
            ),
            gauge(
                'kube_pod_container_info{namespace="stratmaster-green",pod="stratmaster-migration-5e6f7a8b-z",image_spec="operations:v2"}',
                None,
                1,
            ),
        ),
        says="2 versions of the schema's migration have been in the slots for 24 hours",
        step=5,
    ),
    Case(
        alert="MaintenanceTooLong",
        series=(gauge("stratmaster:maintenance:on", 0, 1),),
        says="maintenance page for 2 hours",
    ),
    Case(
        alert="TrafficStateUnknown",
        series=(
            gauge('stratmaster:slot_weight:percent{slot="blue"}', 100, None),
            gauge("stratmaster:maintenance:on", 0, 0),
        ),
        says="can't tell the live slot from the idle one",
        absence=True,
    ),
    Case(alert="MaintenanceOn", series=(gauge("stratmaster:maintenance:on", 0, 1),), says="muted while this one fires"),
    Case(alert="Watchdog", says="Fires always", always=True),
    Case(
        alert="TargetDown",
        series=(gauge('up{job="stratmaster-production/postgres-exporter",instance="a"}', 1, 0),),
        says="Only 0% of the targets of job stratmaster-production/postgres-exporter answer",
    ),
    Case(
        alert="ClusterUnwatched",
        series=(gauge(f'kube_deployment_status_replicas_available{{{IN},deployment="b"}}', 1, None),),
        says="kube-state-metrics has not been scraped",
        absence=True,
    ),
    Case(
        alert="ContainersUnwatched",
        series=(gauge(f'container_memory_working_set_bytes{{{IN},pod="b",container="c"}}', 1, None),),
        says="The kubelets have not been scraped",
        absence=True,
    ),
    Case(
        alert="NodesUnwatched",
        series=(gauge('node_memory_MemTotal_bytes{instance="a:9100"}', 1, None),),
        says="No node_exporter has been scraped",
        absence=True,
    ),
    Case(
        alert="RuleEvaluationFailing",
        recovery=8,
        series=(counter(f"prometheus_rule_evaluation_failures_total{{{RULES}}}", 0, 2),),
        says="stratmaster-api failed in 10 minutes",
    ),
    Case(
        alert="RuleEvaluationSlow",
        series=(
            gauge(f"prometheus_rule_group_last_duration_seconds{{{RULES}}}", 1, 45),
            gauge(f"prometheus_rule_group_interval_seconds{{{RULES}}}", 30, 30),
        ),
        says="takes 45s: evaluations are left out",
    ),
    Case(
        alert="NotificationsFailing",
        recovery=3,
        series=(
            counter('alertmanager_notifications_total{integration="slack"}', 10, 10),
            counter('alertmanager_notifications_failed_total{integration="slack"}', 0, 10),
        ),
        says="of the notifications through slack fail",
    ),
    Case(
        alert="AlertmanagerConfigRefused",
        series=(gauge('alertmanager_config_last_reload_successful{instance="a"}', 1, 0),),
        says="could not read its configuration",
    ),
    Case(
        alert="AlertsNotSent",
        recovery=3,
        series=(
            counter('prometheus_notifications_sent_total{alertmanager="a"}', 10, 10),
            counter('prometheus_notifications_errors_total{alertmanager="a"}', 0, 10),
        ),
        says="of the alerts to a are lost",
    ),
)
