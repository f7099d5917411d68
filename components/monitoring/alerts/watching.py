"""The alerting itself: what doesn't watch can't warn."""

from typing import Final

from components.monitoring.alerts.places import IN_OURS
from components.monitoring.rules import Alert, Group

WATCHDOG: Final = "Watchdog"
_WATCHED: Final = ".*(stratmaster|blackbox|kube-state-metrics|node-exporter|kubelet).*"
_OUR_RULES: Final = '{rule_group=~".*stratmaster.*"}'


def group() -> Group:
    """Targets that are gone, rules that fail, notifications that aren't sent, and a sign of life."""
    return Group(
        name="stratmaster-watching",
        rules=(
            Alert(
                name=WATCHDOG,
                expr="vector(1)",
                wait="",
                severity="info",
                summary="The alerting works",
                description="Fires always. Whoever gets it should raise the alarm when it stops coming.",
            ),
            Alert(
                name="TargetDown",
                expr=f'avg by (job) (up{{job=~"{_WATCHED}"}}) < 0.9',
                wait="10m",
                summary="What should be scraped doesn't answer",
                description=(
                    "Only {{ $value | humanizePercentage }} of the targets of job {{ $labels.job }} answer Prometheus."
                ),
            ),
            Alert(
                name="ClusterUnwatched",
                expr=f"absent(kube_deployment_status_replicas_available{{{IN_OURS}}})",
                wait="10m",
                summary="Nothing watches the workloads",
                description=(
                    "kube-state-metrics has not been scraped for 10 minutes: no alert about pods or jobs can fire."
                ),
            ),
            Alert(
                name="ContainersUnwatched",
                expr=f"absent(container_memory_working_set_bytes{{{IN_OURS}}})",
                wait="10m",
                summary="Nothing watches what containers use",
                description="The kubelets have not been scraped for 10 minutes: no alert about CPU or memory can fire.",
            ),
            Alert(
                name="NodesUnwatched",
                expr="absent(node_memory_MemTotal_bytes)",
                wait="10m",
                summary="Nothing watches the nodes",
                description="No node_exporter has been scraped for 10 minutes: no alert about a node can fire.",
            ),
            Alert(
                name="RuleEvaluationFailing",
                expr=f"sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{_OUR_RULES}[10m])) > 0",
                wait="5m",
                summary="An alert rule can't be evaluated",
                description=(
                    "{{ $value | humanize }} evaluations of {{ $labels.rule_group }} failed in 10 minutes: "
                    "its alerts can't fire."
                ),
                severity="page",
            ),
            Alert(
                name="RuleEvaluationSlow",
                expr=(
                    f"max by (rule_group) (prometheus_rule_group_last_duration_seconds{_OUR_RULES}) > "
                    f"max by (rule_group) (prometheus_rule_group_interval_seconds{_OUR_RULES})"
                ),
                wait="15m",
                summary="Alert rules take longer than their interval",
                description="{{ $labels.rule_group }} takes {{ $value | humanizeDuration }}: evaluations are left out.",
            ),
            Alert(
                name="NotificationsFailing",
                expr=(
                    "sum by (integration) (rate(alertmanager_notifications_failed_total[5m])) / "
                    "(sum by (integration) (rate(alertmanager_notifications_total[5m])) > 0) > 0.01"
                ),
                wait="5m",
                summary="Alerts don't arrive",
                description=(
                    "{{ $value | humanizePercentage }} of the notifications through {{ $labels.integration }} fail."
                ),
                severity="page",
            ),
            Alert(
                name="AlertmanagerConfigRefused",
                expr="min(alertmanager_config_last_reload_successful) == 0",
                wait="10m",
                summary="Alertmanager runs on an old configuration",
                description=(
                    "Alertmanager could not read its configuration; alerts go where they went before the last change."
                ),
            ),
            Alert(
                name="AlertsNotSent",
                expr=(
                    "rate(prometheus_notifications_errors_total[5m]) / "
                    "(rate(prometheus_notifications_sent_total[5m]) > 0) > 0.05"
                ),
                wait="15m",
                summary="Prometheus can't reach Alertmanager",
                description="{{ $value | humanizePercentage }} of the alerts to {{ $labels.alertmanager }} are lost.",
                severity="page",
            ),
        ),
    )
