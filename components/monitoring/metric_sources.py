"""Who exports what: every metric that a rule or panel reads, by the program that serves it.

A query for a metric that nobody exports has no result, which looks like health. Tests compare this table with every
query the program emits, and with what the exporters that can be run really serve.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from components.monitoring import job_metrics, postgres_queries
from components.monitoring.alerts import business
from components.monitoring.request_metrics import SOURCES

SCRAPED_METRICS: Final[Mapping[str, AbstractSet[str]]] = {
    "prometheus": {
        "ALERTS",
        "up",
        "prometheus_notifications_errors_total",
        "prometheus_notifications_sent_total",
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_interval_seconds",
        "prometheus_rule_group_last_duration_seconds",
    },
    "alertmanager": {
        "alertmanager_config_last_reload_successful",
        "alertmanager_notifications_failed_total",
        "alertmanager_notifications_total",
    },
    "blackbox_exporter": {"probe_duration_seconds", "probe_ssl_earliest_cert_expiry", "probe_success"},
    "postgres_exporter": {
        "pg_database_size_bytes",
        "pg_exporter_last_scrape_error",
        "pg_settings_max_connections",
        "pg_stat_activity_max_tx_duration",
        "pg_stat_archiver_archived_count",
        "pg_stat_archiver_failed_count",
        "pg_stat_database_blks_hit",
        "pg_stat_database_blks_read",
        "pg_stat_database_deadlocks",
        "pg_stat_database_numbackends",
        "pg_stat_database_xact_commit",
        "pg_stat_database_xact_rollback",
        "pg_up",
        *postgres_queries.metric_names(),
    },
    "postgres_exporter, table of runs": job_metrics.NAMES,
    "redis_exporter": {
        "redis_commands_duration_seconds_total",
        "redis_commands_processed_total",
        "redis_evicted_keys_total",
        "redis_keyspace_hits_total",
        "redis_keyspace_misses_total",
        "redis_memory_max_bytes",
        "redis_memory_used_bytes",
        "redis_rejected_connections_total",
        "redis_up",
    },
    "kubelet": {
        "container_cpu_usage_seconds_total",
        "container_memory_working_set_bytes",
        "kubelet_volume_stats_available_bytes",
        "kubelet_volume_stats_capacity_bytes",
    },
    "node_exporter": {
        "node_cpu_seconds_total",
        "node_filesystem_avail_bytes",
        "node_filesystem_size_bytes",
        "node_memory_MemAvailable_bytes",
        "node_memory_MemTotal_bytes",
    },
    "kube-state-metrics": {
        "kube_configmap_info",
        "kube_cronjob_spec_suspend",
        "kube_deployment_spec_replicas",
        "kube_deployment_status_condition",
        "kube_deployment_status_replicas_available",
        "kube_horizontalpodautoscaler_spec_max_replicas",
        "kube_horizontalpodautoscaler_spec_min_replicas",
        "kube_horizontalpodautoscaler_status_condition",
        "kube_horizontalpodautoscaler_status_current_replicas",
        "kube_job_failed",
        "kube_node_status_condition",
        "kube_pod_container_info",
        "kube_pod_container_resource_limits",
        "kube_pod_container_status_last_terminated_reason",
        "kube_pod_container_status_restarts_total",
        "kube_pod_container_status_waiting_reason",
        "kube_pod_status_phase",
        "kube_poddisruptionbudget_status_current_healthy",
        "kube_poddisruptionbudget_status_desired_healthy",
        "kube_resourcequota",
        "kube_secret_created",
    },
    "cert-manager": {"certmanager_certificate_expiration_timestamp_seconds", "certmanager_certificate_ready_status"},
    "sealed-secrets": {"sealed_secrets_controller_condition_info", "sealed_secrets_controller_unseal_errors_total"},
    "external-secrets": {"externalsecret_status_condition"},
}
"""Names as the programs document them."""


def request_metrics() -> frozenset[str]:
    """What the gateway, the ingress controller or the application counts, whichever does."""
    return frozenset(
        name
        for source in SOURCES.values()
        for name in (source.counter, f"{source.histogram}_bucket", f"{source.histogram}_count")
    )


def not_yet() -> frozenset[str]:
    """What the application is asked to export; the rules on it are off until it does."""
    names = business.METRICS.values()
    return frozenset(name for metric in names for name in (metric, f"{metric}_bucket"))
