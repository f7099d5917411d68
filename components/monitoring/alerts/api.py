"""The API as the guide wants it watched, and as users reach it."""

from components.monitoring.objectives import ERRORS, RATE, minimum_rate
from components.monitoring.probe_jobs import PUBLIC
from components.monitoring.request_metrics import SOURCES
from components.monitoring.rules import Alert, Group, Recording
from settings.monitoring import Monitoring

P95 = "stratmaster:answer_seconds:p95_5m"
P99 = "stratmaster:answer_seconds:p99_5m"


def group(monitoring: Monitoring) -> Group:
    """Thresholds of this moment; the budgets of 30 days are `components/monitoring/objectives.py`."""
    source, promised, enough = SOURCES[monitoring.requests], monitoring.objectives, minimum_rate(monitoring)
    return Group(
        name="stratmaster-api",
        dashboard="api",
        rules=(
            Recording(name=P95, expr=source.quantile_seconds(0.95, "5m")),
            Recording(name=P99, expr=source.quantile_seconds(0.99, "5m")),
            Alert(
                # The guide's, which compares requests a second with a percentage, mended (facts.md C17).
                name="HighErrorRate",
                expr=f"{ERRORS}5m > {promised.error_percent / 100} and {RATE}5m >= {enough}",
                wait="5m",
                summary="High error rate detected",
                description=(
                    "{{ $value | humanizePercentage }} of the requests failed over the last 5 minutes; "
                    f"{promised.error_percent} % are allowed."
                ),
                maintenance_causes=True,
            ),
            _slow("ApiSlowP95", "95 %", P95, promised.p95_milliseconds, enough),
            _slow("ApiSlowP99", "99 %", P99, promised.p99_milliseconds, enough),
            Alert(
                name="ApiUnreachable",
                expr=f'avg(probe_success{{job="{PUBLIC}"}}) < 0.5',
                wait="2m",
                severity="page",
                summary=f"https://{monitoring.host}/healthz does not answer",
                description=(
                    "Only {{ $value | humanizePercentage }} of the probes from outside succeed: users "
                    "can't reach the API."
                ),
                maintenance_causes=True,
            ),
        ),
    )


def _slow(name: str, share: str, series: str, milliseconds: int, enough: str) -> Alert:
    return Alert(
        name=name,
        expr=f"{series} > {milliseconds / 1000:g} and {RATE}5m >= {enough}",
        wait="10m",
        summary=f"The slowest answers take longer than {milliseconds} ms",
        description=(
            f"{share} of the answers took up to {{{{ $value | humanizeDuration }}}}; {milliseconds} ms are allowed."
        ),
    )
