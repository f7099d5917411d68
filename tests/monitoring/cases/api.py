"""Requests and probes at the gateway."""

from collections.abc import Mapping

from tests.monitoring.cases.case import Case
from tests.monitoring.timeline import Series, counter, gauge

GATEWAY = 'envoy_cluster_name="stratmaster-blue_stratmaster-api_80"'
PUBLIC = 'probe_success{job="stratmaster-public",instance="https://api.stratmaster.com/healthz"}'
MANY = 60_000
"""Requests a minute, so that even three days hold enough of them after a few minutes."""
FEW = 600


def answered(good: float, bad: float, *, total: int = FEW) -> tuple[Series, ...]:
    """Requests a minute of which so many fail."""
    rq = "envoy_cluster_upstream_rq_xx"
    return (
        counter(f'{rq}{{{GATEWAY},envoy_response_code_class="2"}}', total - good, total - bad),
        counter(f'{rq}{{{GATEWAY},envoy_response_code_class="5"}}', good, bad),
    )


def timed(fast500: float, fast1000: float, *, total: int) -> tuple[Series, ...]:
    """Answers a minute of which, once it is bad, only so many are fast; all are before."""
    hist = "envoy_cluster_upstream_rq_time"
    return (
        counter(f'{hist}_bucket{{{GATEWAY},le="250"}}', total, min(fast500, fast1000) / 2),
        counter(f'{hist}_bucket{{{GATEWAY},le="500"}}', total, fast500),
        counter(f'{hist}_bucket{{{GATEWAY},le="1000"}}', total, fast1000),
        counter(f'{hist}_bucket{{{GATEWAY},le="2500"}}', total, total),
        counter(f'{hist}_bucket{{{GATEWAY},le="+Inf"}}', total, total),
        counter(f"{hist}_count{{{GATEWAY}}}", total, total),
    )


def _burning(objective: str, index: int, factor: str) -> Case:
    """Everything goes wrong at once, after ten minutes of many good requests."""
    return Case(
        alert=f"{objective}Burn{factor}x",
        series=_STORIES[objective],
        says=_SAYS[objective],
        lag=_TIMES[objective][index][0],
        recovery=_TIMES[objective][index][1],
    )


_STORIES = {
    "ApiAvailability": (gauge(PUBLIC, 1, 0),),
    "ApiErrors": answered(0, MANY, total=MANY),
    "ApiLatencyP95": (*answered(0, 0, total=MANY), *timed(0, MANY, total=MANY)),
    "ApiLatencyP99": (*answered(0, 0, total=MANY), *timed(0, 0, total=MANY)),
}
_SAYS = {
    "ApiAvailability": "% of the time the API could not be reached or failed",
    "ApiErrors": "% of the requests failed",
    "ApiLatencyP95": "% of the answers took longer than 500 ms",
    "ApiLatencyP99": "% of the answers took longer than 1000 ms",
}

_TIMES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "ApiAvailability": ((0, 4), (0, 29), (0, 118), (0, 358)),
    "ApiErrors": ((1, 3), (0, 27), (0, 115), (0, 355)),
    "ApiLatencyP95": ((23, 1), (3, 20), (1, 101), (0, 341)),
    "ApiLatencyP99": ((1, 3), (0, 27), (0, 115), (0, 355)),
}
"""Minutes until each burn rate is seen, and until it is over, from the fastest to the slowest."""

CASES = (
    *(
        _burning(objective, index, factor)
        for objective in _STORIES
        for index, factor in enumerate(("14", "6", "3", "1"))
    ),
    Case(
        alert="HighErrorRate",
        recovery=3,
        series=answered(0, 60),
        says="% of the requests failed over the last 5 minutes; 1 % are allowed",
    ),
    Case(
        alert="ApiSlowP95",
        recovery=3,
        series=(*answered(0, 0), *timed(FEW / 2, FEW, total=FEW)),
        says="95 % of the answers took up to",
    ),
    Case(
        alert="ApiSlowP99",
        recovery=3,
        series=(*answered(0, 0), *timed(FEW / 2, FEW / 2, total=FEW)),
        says="99 % of the answers took up to",
    ),
    Case(alert="ApiUnreachable", series=(gauge(PUBLIC, 1, 0),), says="Only 0% of the probes from outside succeed"),
    Case(
        alert="ApiAvailabilitySliAbsent", series=(gauge(PUBLIC, 1, None),), says="its alerts can't fire", absence=True
    ),
    Case(
        alert="ApiErrorsSliAbsent",
        series=(counter(f'envoy_cluster_upstream_rq_xx{{{GATEWAY},envoy_response_code_class="2"}}', FEW, None),),
        says="its alerts can't fire",
        absence=True,
    ),
    *(
        Case(
            alert=f"ApiLatency{which}SliAbsent",
            series=(counter(f'envoy_cluster_upstream_rq_time_bucket{{{GATEWAY},le="{bound}"}}', FEW, None),),
            says="its alerts can't fire",
            absence=True,
        )
        for which, bound in (("P95", "500"), ("P99", "1000"))
    ),
)
