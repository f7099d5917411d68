"""The objectives: one typed table, from which recordings, burn-rate alerts and their absence twins are made."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from components.monitoring.burn_rates import BURN_RATES, PERIOD, WINDOWS, BurnRate
from components.monitoring.live import MAINTENANCE
from components.monitoring.probe_jobs import PUBLIC
from components.monitoring.request_metrics import SOURCES, RequestMetricsSource
from components.monitoring.rules import Alert, Group, Recording, Rule
from settings.monitoring import Monitoring

RATE: Final = "stratmaster:requests:rate"
ERRORS: Final = "stratmaster:errors:ratio_rate"
"""Recorded names; the window follows: `stratmaster:errors:ratio_rate5m`."""
REACHED: Final = "stratmaster:reached:ratio"
"""The share of probes that reach the API; none while the maintenance page is up, which is announced and no failure."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """One promise.

    Attributes:
        key: in names of recordings.
        name: in names of alerts.
        budget: what may go wrong, as a share of all.
        what: what the budget is a share of, for a person to read.
        series: what it is measured from; where that has no series, nothing is known.
        maintenance_causes: whether the maintenance page burns it.
    """

    key: str
    name: str
    budget: Decimal
    what: str
    series: str
    maintenance_causes: bool

    @property
    def counts_requests(self) -> bool:
        """Whether it is a share of requests, so that it takes enough of them to mean anything."""
        return self.key != "unavailability"

    def bad(self, window: str) -> str:
        """The recorded share of what went wrong over a window."""
        return f"stratmaster:{self.key}:ratio_rate{window}"


def objectives(monitoring: Monitoring) -> tuple[Objective, ...]:
    """The table. Availability first: it silences its neighbours, which see the same trouble."""
    source, promised = SOURCES[monitoring.requests], monitoring.objectives
    counter = f"{source.counter}{{{source.selector}}}"
    return (
        Objective(
            key="unavailability",
            name="ApiAvailability",
            budget=1 - promised.availability_percent / 100,
            what="of the time the API could not be reached or failed",
            series=f'probe_success{{job="{PUBLIC}"}}',
            maintenance_causes=True,
        ),
        Objective(
            key="errors",
            name="ApiErrors",
            budget=promised.error_percent / 100,
            what="of the requests failed",
            series=counter,
            maintenance_causes=True,
        ),
        Objective(
            key="slower_than_p95",
            name="ApiLatencyP95",
            budget=Decimal("0.05"),
            what=f"of the answers took longer than {promised.p95_milliseconds} ms",
            series=source.bucket(promised.p95_milliseconds),
            maintenance_causes=False,
        ),
        Objective(
            key="slower_than_p99",
            name="ApiLatencyP99",
            budget=Decimal("0.01"),
            what=f"of the answers took longer than {promised.p99_milliseconds} ms",
            series=source.bucket(promised.p99_milliseconds),
            maintenance_causes=False,
        ),
    )


def minimum_rate(monitoring: Monitoring) -> str:
    """Requests a second below which no share of them means anything, as PromQL has it."""
    return number(Decimal(monitoring.objectives.minimum_requests_per_minute) / 60)


def number(value: Decimal) -> str:
    """A number as PromQL has it: four digits that count, however small it is, since some divide by it."""
    return f"{Decimal(f'{value:.4g}').normalize():f}"


def recordings(monitoring: Monitoring) -> Iterator[Group]:
    """Each objective's bad share over each window, one group a window, and what is left of the budgets."""
    source = SOURCES[monitoring.requests]
    planned = f"{MAINTENANCE} == 1"
    reached = Recording(name=REACHED, expr=f'avg(probe_success{{job="{PUBLIC}"}}) unless on () ({planned})')
    yield Group(name="stratmaster-reached", rules=(reached,))
    for window in WINDOWS:
        yield Group(name=f"stratmaster-windows-{window}", rules=tuple(_over(window, source, monitoring)))
    yield Group(name="stratmaster-budgets", interval="5m", rules=tuple(_budgets(monitoring)))


def _over(window: str, source: RequestMetricsSource, monitoring: Monitoring) -> Iterator[Recording]:
    promised = monitoring.objectives
    requests, errors = f"{RATE}{window}", f"{ERRORS}{window}"
    yield Recording(name=requests, expr=source.requests(window))
    yield Recording(name=errors, expr=f"{source.failures(window)} / ({requests} > 0)")
    for key, bound in (
        ("slower_than_p95", promised.p95_milliseconds),
        ("slower_than_p99", promised.p99_milliseconds),
    ):
        yield Recording(
            name=f"stratmaster:{key}:ratio_rate{window}",
            expr=f"1 - {source.fast(bound, window)} / ({source.answered(window)} > 0)",
        )
    # The worse of the two: who is asked from outside and doesn't answer, or who answers that it failed. The API's
    # /healthz is well whatever else fails (facts.md 2.2), and a gateway that nobody reaches counts no failure.
    unreachable = f"1 - avg_over_time({REACHED}[{window}])"
    failing = f"({errors} and {requests} >= {minimum_rate(monitoring)})"
    yield Recording(
        name=f"stratmaster:unavailability:ratio_rate{window}",
        expr=f"max({_said_by('probe', unreachable)} or {_said_by('requests', failing)})",
    )


def _said_by(who: str, expr: str) -> str:
    """The expression with a label of its own, since `or` keeps only the first of two series without any."""
    return f'label_replace({expr}, "by", "{who}", "", "")'


def _budgets(monitoring: Monitoring) -> Iterator[Recording]:
    for each in objectives(monitoring):
        spent = f"avg_over_time({each.bad('5m')}[{PERIOD}])"
        if each.counts_requests:
            # Weighted by the traffic of each moment: a bad night with ten users isn't a bad noon with ten thousand.
            total = f"sum_over_time(({RATE}5m > 0)[{PERIOD}:5m])"
            spent = f"sum_over_time(({each.bad('5m')} * {RATE}5m)[{PERIOD}:5m]) / {total}"
        yield Recording(
            name="stratmaster:budget_left:ratio30d",
            expr=f"1 - ({spent}) / {number(each.budget)}",
            labels={"objective": each.key},
        )


def alerts(monitoring: Monitoring) -> Iterator[Group]:
    """Four burn rates and an absence for each objective."""
    for each in objectives(monitoring):
        rules: list[Rule] = [_burning(each, rate, monitoring) for rate in BURN_RATES]
        yield Group(name=f"stratmaster-{each.key.replace('_', '-')}", rules=[*rules, _absent(each)])


def _burning(objective: Objective, rate: BurnRate, monitoring: Monitoring) -> Alert:
    threshold = number(objective.budget * rate.factor)
    over = " and ".join(f"{objective.bad(window)} > {threshold}" for window in (rate.long, rate.short))
    guarded = f"{over} and {RATE}{rate.long} >= {minimum_rate(monitoring)}"
    return Alert(
        name=f"{objective.name}{rate.name}",
        # What is asked from outside needs no users; shares of requests need enough of them.
        expr=guarded if objective.counts_requests else over,
        wait=rate.wait,
        severity=rate.severity,
        summary=f"{objective.name}: the 30 days' budget burns {rate.factor} times too fast",
        description=(
            f"{{{{ $value | humanizePercentage }}}} {objective.what} over the last {rate.long}; "
            f"{number(objective.budget * 100)} % are allowed. At this rate {rate.lost} of the budget is gone."
        ),
        maintenance_causes=objective.maintenance_causes,
        labels={"objective": objective.key},
    )


def _absent(objective: Objective) -> Alert:
    return Alert(
        name=f"{objective.name}SliAbsent",
        expr=f"absent({objective.series})",
        wait="10m",
        summary=f"{objective.name}: nothing measures it",
        description=(
            "There has been no series to measure this objective from for 10 minutes: its alerts can't fire. "
            "Either no request has ever come in since the gateway started, or it isn't scraped."
        ),
        # With its routes a gateway forgets its counters, and a slot that is shut down takes the application's along.
        maintenance_causes=objective.counts_requests,
        labels={"objective": objective.key},
    )
