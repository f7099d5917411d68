"""Overview, API, blue-green: what users get."""

from components.monitoring.alerts.api import P95, P99
from components.monitoring.dashboards.panels import Board, Panel
from components.monitoring.live import MAINTENANCE, WEIGHT
from components.monitoring.objectives import ERRORS, RATE
from components.monitoring.probe_jobs import MCP, PUBLIC, SLOTS
from components.monitoring.request_metrics import SOURCES
from settings.monitoring import Monitoring

_BUDGET = "stratmaster:budget_left:ratio30d"


def overview(monitoring: Monitoring) -> Board:
    """Is it well, how much of the budgets is left, what fires."""
    promised = monitoring.objectives
    return Board(
        name="overview",
        title="overview",
        panels=(
            Panel(
                title="Users reach the API",
                queries={"now": f'avg(probe_success{{job="{PUBLIC}"}})'},
                unit="percentunit",
                kind="stat",
                limit=0.5,
                above=False,
            ),
            Panel(title="Live", queries={"{{slot}}": f"{WEIGHT} > 0"}, unit="percent", kind="stat"),
            Panel(title="Maintenance", queries={"on": MAINTENANCE}, unit="none", kind="stat", limit=1),
            Panel(
                title="Newest backup",
                queries={"": '1000 * max(stratmaster_job_last_success_timestamp_seconds{operation="backup"})'},
                unit="dateTimeFromNow",
                kind="stat",
            ),
            Panel(
                title="Error budget left, 30 days",
                queries={"{{objective}}": _BUDGET},
                unit="percentunit",
                limit=0.25,
                above=False,
                about=f"Availability {promised.availability_percent} %, errors under {promised.error_percent} %.",
            ),
            Panel(
                title="Availability budget burns",
                queries={
                    f"over {window}": f"stratmaster:unavailability:ratio_rate{window}"
                    for window in ("5m", "1h", "6h", "3d")
                },
                unit="percentunit",
                limit=float(1 - promised.availability_percent / 100),
            ),
            Panel(title="Requests", queries={"all": f"{RATE}5m"}, unit="reqps"),
            Panel(
                title="Alerts that fire",
                queries={"": 'ALERTS{alertstate="firing",namespace="stratmaster-production",severity!="info"}'},
                unit="none",
                kind="table",
            ),
        ),
    )


def api(monitoring: Monitoring) -> Board:
    """Requests, errors, times; each MCP service."""
    promised, source = monitoring.objectives, SOURCES[monitoring.requests]
    by_slot = source.by_slot(f"rate({source.counter}{{{source.selector}}}[5m])")
    return Board(
        name="api",
        title="API",
        panels=(
            Panel(title="Requests by slot", queries={"{{slot}}": f"sum by (slot) ({by_slot})"}, unit="reqps"),
            Panel(
                title="Errors",
                queries={"5 minutes": f"{ERRORS}5m", "1 hour": f"{ERRORS}1h"},
                unit="percentunit",
                limit=float(promised.error_percent / 100),
            ),
            Panel(
                title="Answer times",
                queries={"95 %": P95, "99 %": P99, "50 %": source.quantile_seconds(0.5, "5m")},
                unit="s",
                limit=promised.p95_milliseconds / 1000,
            ),
            Panel(
                title="Slower than promised",
                queries={
                    f"over {promised.p95_milliseconds} ms": "stratmaster:slower_than_p95:ratio_rate5m",
                    f"over {promised.p99_milliseconds} ms": "stratmaster:slower_than_p99:ratio_rate5m",
                },
                unit="percentunit",
                limit=0.05,
            ),
            Panel(
                title="MCP services answer",
                queries={"{{slot}} {{service}}": f'avg by (slot, service) (probe_success{{job="{MCP}"}})'},
                unit="percentunit",
            ),
            Panel(
                title="How long a probe takes",
                queries={"{{job}}": f'avg by (job) (probe_duration_seconds{{job=~"{PUBLIC}|{SLOTS}|{MCP}"}})'},
                unit="s",
            ),
        ),
    )


def blue_green(monitoring: Monitoring) -> Board:
    """Which slot is live, and both side by side, from the weights to the builds."""
    source = SOURCES[monitoring.requests]

    def rate(extra: str) -> str:
        selector = f"{source.selector},{extra}" if extra else source.selector
        return f"sum by (slot) ({source.by_slot(f'rate({source.counter}{{{selector}}}[5m])')})"

    pods = 'namespace=~"stratmaster-(blue|green)",deployment="stratmaster-api"'
    return Board(
        name="blue-green",
        title="blue-green",
        panels=(
            Panel(title="Weights", queries={"{{slot}}": WEIGHT}, unit="percent"),
            Panel(title="Maintenance", queries={"on": MAINTENANCE}, unit="none"),
            Panel(title="Requests", queries={"{{slot}}": rate("")}, unit="reqps"),
            Panel(
                title="Errors",
                queries={"{{slot}}": f"{rate(source.failed)} / ({rate('')} > 0)"},
                unit="percentunit",
                limit=0.01,
            ),
            Panel(
                title="Ready pods",
                queries={"{{namespace}}": f"kube_deployment_status_replicas_available{{{pods}}}"},
                unit="none",
            ),
            Panel(
                title="Slots answer",
                queries={"{{slot}}": f'avg by (slot) (probe_success{{job="{SLOTS}"}})'},
                unit="percentunit",
                limit=0.5,
                above=False,
            ),
            Panel(
                title="Builds",
                queries={
                    "": "count by (namespace, image_spec) "
                    '(kube_pod_container_info{namespace=~"stratmaster-(blue|green)",container="api"})'
                },
                unit="none",
                kind="table",
            ),
            Panel(
                title="CPU of the API, of its limit",
                queries={"{{namespace}}": 'avg by (namespace) (stratmaster:container_cpu_used:ratio{container="api"})'},
                unit="percentunit",
                limit=0.8,
            ),
        ),
    )
