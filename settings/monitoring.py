"""What is promised, what is watched for, and whom it concerns: the figures behind every alert."""

from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from settings.values import Hostname, Model, Name, Text, Url, Whole

RequestMetrics = Literal["gateway", "ingress", "application"]

BUCKETS_MILLISECONDS: Final[dict[RequestMetrics, tuple[int, ...]]] = {
    "gateway": (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000),
    "ingress": (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000),
    "application": (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000),
}
"""The bounds that each source's histogram counts to: Envoy's default, and the Prometheus clients' (facts.md C15)."""

BusinessMetric = Literal["sessions", "workflows", "inference", "approvals", "compliance", "satisfaction"]
"""What the guide wants watched and no code measures yet (facts.md 2.3)."""


def _decimal(value: object) -> object:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            return Decimal(str(value))
        except InvalidOperation:
            return value
    return value


Share = Annotated[Decimal, BeforeValidator(_decimal), Field(gt=0, lt=100)]
"""Per cent with a fraction; exact, since thresholds are multiples of what it leaves."""
Email = Annotated[Text, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


FASTEST_BURN: Final = Decimal("14.4")
"""How many times too fast a budget has to burn to wake somebody at once (components/monitoring/burn_rates.py)."""


class Objectives(Model):
    """What users are promised over 30 days (facts.md section 5 and C22)."""

    availability_percent: Annotated[Share, Field(description="per cent of the time that the API answers")] = Decimal(
        "99.5"
    )
    error_percent: Annotated[Share, Field(description="per cent of the requests that may fail")] = Decimal(1)
    p95_milliseconds: Annotated[Whole, Field(ge=1, description="95 % of the answers are faster")] = 500
    p99_milliseconds: Annotated[Whole, Field(ge=1, description="99 % of the answers are faster")] = 1000
    minimum_requests_per_minute: Annotated[
        Whole, Field(ge=0, description="with fewer, single failures are no share worth an alert")
    ] = 6

    @model_validator(mode="after")
    def _can_burn(self) -> Self:
        """More than all of the requests can't fail: a budget that nothing burns fast enough would page nobody."""
        most = (100 / FASTEST_BURN).quantize(Decimal("0.1"), ROUND_DOWN)
        if 100 - self.availability_percent > most:
            raise ValueError(
                f"availabilityPercent {self.availability_percent} promises too little: {100 - most} or more"
            )
        if self.error_percent > most:
            raise ValueError(f"errorPercent {self.error_percent} allows too much: {most} or less")
        return self


Threshold = Annotated[Whole, Field(ge=1, le=99)]
"""Per cent: above 0 is always, and above 100 never."""


class Thresholds(Model):
    """The guide's Key Metrics (facts.md 1.5, C20, C21)."""

    cpu_percent: Annotated[Threshold, Field(description="of a container's limit or a node's cores")] = 80
    memory_percent: Annotated[Threshold, Field(description="of a container's limit or a node's memory")] = 85
    storage_percent: Annotated[Threshold, Field(description="of a volume or a node's disk")] = 90
    connections_percent: Annotated[Threshold, Field(description="of the database's max_connections")] = 80
    connections: Annotated[Whole, Field(ge=1, description="connections, the guide's early warning")] = 80
    replication_lag_seconds: Annotated[Whole, Field(ge=1, description="a replica's lag; the RPO is 300")] = 300
    certificate_days: Annotated[
        Whole, Field(ge=1, le=29, description="left of a certificate; it is renewed when 30 are left")
    ] = 14
    split_hours: Annotated[Whole, Field(ge=1, description="both slots may have weight")] = 24
    maintenance_hours: Annotated[Whole, Field(ge=1, description="the maintenance page may be up")] = 2


class SecretKeyRef(Model):
    """A value of a Secret in the foundation's namespace."""

    name: Annotated[Name, Field(description="the Secret")]
    key: Annotated[Text, Field(description="the key in it")]


class Mail(Model):
    """How Alertmanager sends mail."""

    smarthost: Annotated[Text, Field(pattern=r"^[^:\s]+:[0-9]{1,5}$", description="host:port of the mail server")] = (
        "smtp.company.com:587"
    )
    sender: Annotated[Email, Field(description="whom alerts come from")] = "alerts@company.com"


class Contacts(Model):
    """The guide's Support Contacts, and the ways to them."""

    platform: Annotated[Email, Field(description="the platform team's mail address")] = "platform-team@company.com"
    database: Annotated[Email, Field(description="the database team's mail address")] = "db-team@company.com"
    security: Annotated[Email, Field(description="the security team's mail address")] = "security-team@company.com"
    on_call: Annotated[Text, Field(description="the on-call engineer's number, shown on each page")] = "+1-555-662-2255"
    slack_channel: Annotated[
        Text, Field(pattern=r"^#[a-z0-9_-]+$", description="the channel of all alerts, for example #stratmaster-alerts")
    ] = "#stratmaster-alerts"
    slack_webhook: Annotated[
        SecretKeyRef | None, Field(description="{name: ..., key: ...} of the webhook's URL, where not the stack's own")
    ] = None
    pager_duty: Annotated[
        SecretKeyRef | bool,
        Field(description="true: pages go to PagerDuty by the stack's own routing key, or by {name: ..., key: ...}"),
    ] = False
    mail: Annotated[Mail, Field(description="{smarthost: host:port, sender: address}")] = Mail()


class Links(Model):
    """Where an alert sends whoever reads it."""

    grafana: Annotated[Url, Field(description="Grafana")] = "https://grafana.stratmaster.com"
    logs: Annotated[Url, Field(description="the logs")] = "https://logs.stratmaster.com"
    runbooks: Annotated[Url, Field(description="the folder that holds docs/runbooks/*.md")] = (
        "https://github.com/IAmJonoBo/StratMaster/blob/main/docs/runbooks"
    )


class Monitoring(Model):
    """All of it. Every part has the guide's figures as its default."""

    requests: Annotated[
        RequestMetrics, Field(description="who counts requests: gateway (Envoy), ingress (nginx) or application")
    ] = "gateway"
    host: Annotated[Hostname, Field(description="the name that users call, asked from outside")] = "api.stratmaster.com"
    objectives: Annotated[Objectives, Field(description="{availabilityPercent: 99.5, ...}")] = Objectives()
    thresholds: Annotated[Thresholds, Field(description="{cpuPercent: 80, ...}")] = Thresholds()
    contacts: Annotated[Contacts, Field(description="{platform: ..., slackChannel: ..., ...}")] = Contacts()
    links: Annotated[Links, Field(description="{grafana: ..., logs: ..., runbooks: ...}")] = Links()
    prober: Annotated[Text, Field(pattern=r"^[a-z0-9.-]+:[0-9]{1,5}$", description="host:port of the prober")] = (
        "prometheus-blackbox-exporter.monitoring.svc:9115"
    )
    business_metrics: Annotated[
        tuple[BusinessMetric, ...], Field(description="metrics that the application has come to export")
    ] = ()

    @model_validator(mode="after")
    def _countable(self) -> Self:
        bounds = BUCKETS_MILLISECONDS[self.requests]
        objectives = self.objectives
        for name, bound in (
            ("p95Milliseconds", objectives.p95_milliseconds),
            ("p99Milliseconds", objectives.p99_milliseconds),
        ):
            if bound not in bounds:
                counted = ", ".join(str(each) for each in bounds)
                raise ValueError(f"objectives.{name} {bound} isn't counted by the {self.requests}, which has {counted}")
        return self
