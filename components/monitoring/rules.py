"""What a rule is, and how it is written for Prometheus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from components import conventions

Severity = Literal["page", "ticket", "info"]
"""page: users are hurt or will be within hours, somebody is woken. ticket: within days. info: nobody is told."""
Owner = Literal["platform", "database", "security"]
Dashboard = Literal["overview", "api", "database", "backups", "blue-green", "infrastructure", "business"]

MAINTENANCE_LABEL: Final = "maintenance_causes"
"""Alerts that carry it with "true" are expected during maintenance, and Alertmanager mutes them then."""
PLACE_LABEL: Final = "workload_namespace"
"""The namespace that an alert is about. Its `namespace` is always the foundation's: Prometheus' operator routes by
that label to the AlertmanagerConfig of the same namespace, and ours is the foundation's."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A series that is computed once and used often.

    Attributes:
        name: level:metric:operation.
        expr: PromQL.
        labels: more labels of the series.
    """

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Something that a person has to know of.

    Attributes:
        name: in CamelCase; its runbook is the page of the same name.
        expr: PromQL that has a result while it is true. No result means well *or* unknown, so whatever it is about
            needs an alert on its absence.
        wait: how long it has to be true, `5m`.
        summary: one line.
        description: with the value in units that a person reads.
        severity: who is disturbed, and when.
        owner: the team that can mend it, where it isn't the group's.
        maintenance_causes: whether the maintenance page brings it about.
        labels: more labels.
    """

    name: str
    expr: str
    wait: str
    summary: str
    description: str
    severity: Severity = "ticket"
    owner: Owner | None = None
    maintenance_causes: bool = False
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


Rule: TypeAlias = Recording | Alert


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other.

    Attributes:
        name: of the group, unique in its object.
        rules: recordings first, since alerts read what they write.
        owner: the team that can mend what its alerts tell of.
        dashboard: where to look.
        interval: between evaluations; Prometheus' own where it is empty.
    """

    name: str
    rules: Sequence[Rule]
    owner: Owner = "platform"
    dashboard: Dashboard = "overview"
    interval: str = ""

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Its alerts."""
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where an alert sends whoever reads it: URLs without a slash at the end."""

    runbooks: str
    grafana: str
    logs: str


def placed(expr: str) -> str:
    """The expression with `namespace` moved to `workload_namespace`, so that two namespaces stay two alerts."""
    return f'label_replace({expr}, "{PLACE_LABEL}", "$1", "namespace", "(.+)")'


def dashboard_uid(dashboard: Dashboard) -> str:
    """What Grafana knows a dashboard by."""
    return f"{conventions.PROJECT}-{dashboard}"


def written(group: Group, addresses: Addresses) -> dict[str, object]:
    """The group as a PrometheusRule has it."""
    head: dict[str, object] = {"name": group.name}
    if group.interval:
        head["interval"] = group.interval
    return {**head, "rules": [_written(rule, group, addresses) for rule in group.rules]}


def _written(rule: Rule, group: Group, addresses: Addresses) -> dict[str, object]:
    if isinstance(rule, Recording):
        recording: dict[str, object] = {"record": rule.name, "expr": rule.expr}
        return {**recording, "labels": dict(rule.labels)} if rule.labels else recording
    labels = {
        "severity": rule.severity,
        "owner": rule.owner or group.owner,
        "namespace": conventions.PRODUCTION_NAMESPACE,
        **rule.labels,
    }
    if rule.maintenance_causes:
        labels[MAINTENANCE_LABEL] = "true"
    return {
        "alert": rule.name,
        "expr": rule.expr,
        **({"for": rule.wait} if rule.wait else {}),
        "labels": labels,
        "annotations": {
            "summary": rule.summary,
            "description": rule.description,
            "runbook_url": f"{addresses.runbooks}/{rule.name}.md",
            "dashboard_url": f"{addresses.grafana}/d/{dashboard_uid(group.dashboard)}",
            "logs_url": addresses.logs,
        },
    }
