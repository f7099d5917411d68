"""The foundation's monitoring: rules, routes, probes, exporters, dashboards."""

import pulumi

from components.monitoring.alert_routing import AlertRouting, AlertRoutingArgs
from components.monitoring.alert_rules import AlertRules, AlertRulesArgs
from components.monitoring.dashboards.config_maps import Dashboards, DashboardsArgs
from components.monitoring.monitors import Monitors, MonitorsArgs
from components.monitoring.postgres_exporter import PostgresExporter, PostgresExporterArgs
from components.monitoring.probes import Probes, ProbesArgs
from components.namespace import Namespace
from components.secrets import Secrets
from settings import FoundationSettings
from settings.monitoring import SecretKeyRef


def build(settings: FoundationSettings, namespace: Namespace, secrets: Secrets, opts: pulumi.ResourceOptions) -> None:
    """Declare it in the foundation's namespace, reading credentials from the foundation's secrets."""
    monitoring, where = settings.monitoring, namespace.created_name
    rules = AlertRulesArgs(namespace=where, monitoring=monitoring, scanned=settings.scans is not None)
    AlertRules("alerts", rules, opts)
    contacts = monitoring.contacts
    routing = AlertRoutingArgs(
        namespace=where,
        contacts=contacts,
        slack_webhook=contacts.slack_webhook or _credential(secrets, "slack-webhook-url"),
        pager_duty=_pager(contacts.pager_duty, secrets),
        runs_after=(secrets,),
    )
    AlertRouting("routing", routing, opts)
    Probes("probes", ProbesArgs(namespace=where, host=monitoring.host, prober=monitoring.prober), opts)
    monitors = MonitorsArgs(
        namespace=where, gateway_namespace=settings.network.gateway.namespace, requests=monitoring.requests
    )
    Monitors("monitors", monitors, opts)
    PostgresExporter("exporter", _exporter(where, secrets), opts)
    Dashboards("dashboards", DashboardsArgs(namespace=where, monitoring=monitoring), opts)


def _credential(secrets: Secrets, key: str) -> SecretKeyRef:
    found = secrets.key("alerting-credentials", key)
    return SecretKeyRef(name=found.name, key=found.key)


def _pager(given: SecretKeyRef | bool, secrets: Secrets) -> SecretKeyRef | None:  # noqa: FBT001 - as the setting has it
    if isinstance(given, SecretKeyRef):
        return given
    return _credential(secrets, "pagerduty-routing-key") if given else None


def _exporter(where: pulumi.Input[str], secrets: Secrets) -> PostgresExporterArgs:
    def key(name: str) -> str:
        return f"postgres-{name}"

    return PostgresExporterArgs(
        namespace=where,
        host=secrets.key("postgres-credentials", key("host")),
        port=secrets.key("postgres-credentials", key("port")),
        database=secrets.key("postgres-credentials", key("database")),
        user=secrets.key("postgres-credentials", key("replica-username")),
        password=secrets.key("postgres-credentials", key("replica-password")),
    )
