"""An incident of a known size is told within the time that its burn rate promises; too few failures never are.

The engine is Prometheus' own (promtool), the rules are those that the program emits; nothing here computes an alert
anew. What is computed is only when it has to come: an incident in which a share r of the requests fails uses up what a
rate allows over its long window after `factor x budget x window / r`, and the rule's own waiting time comes on top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from components.monitoring.burn_rates import BURN_RATES, BurnRate
from tests.monitoring.rehearsal import Rehearsal, firing, served
from tests.monitoring.timeline import minutes

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS: Final = 600
"""A minute."""
SLACK: Final = 2
"""Minutes beside the time between evaluations: one between samples, one for the rate's extrapolation."""
PAGES: Final = tuple(
    f"{objective}{rate.name}" for objective in ("ApiAvailability", "ApiErrors") for rate in BURN_RATES[:2]
)


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Failures from one moment on.

    Args:
        share: of the requests that fail.
        objective: whose budget burns.
        budget: of that objective.
        rate: the row that has to tell.
    """

    share: float
    objective: str
    budget: float
    rate: BurnRate

    @property
    def every(self) -> int:
        """Minutes between evaluations: days are looked at more coarsely than hours, for the sake of the test's time."""
        return 5 if self.rate in {DAILY, SLOWEST} else 1

    @property
    def alert(self) -> str:
        """The alert that has to come."""
        return f"{self.objective}{self.rate.name}"

    @property
    def promised(self) -> float:
        """Minutes after which it has to fire."""
        long = minutes(self.rate.long)
        return float(self.rate.factor) * self.budget * long / self.share + minutes(self.rate.wait)

    def __str__(self) -> str:
        return f"{self.alert} at {self.share:.1%}"


FAST, SLOW, DAILY, SLOWEST = BURN_RATES
INCIDENTS: Final = (
    Incident(share=1.0, objective="ApiAvailability", budget=0.005, rate=FAST),
    Incident(share=0.10, objective="ApiAvailability", budget=0.005, rate=FAST),
    Incident(share=0.05, objective="ApiAvailability", budget=0.005, rate=SLOW),
    Incident(share=0.02, objective="ApiAvailability", budget=0.005, rate=DAILY),
    Incident(share=0.01, objective="ApiAvailability", budget=0.005, rate=SLOWEST),
    Incident(share=1.0, objective="ApiErrors", budget=0.01, rate=FAST),
    Incident(share=0.20, objective="ApiErrors", budget=0.01, rate=FAST),
    Incident(share=0.10, objective="ApiErrors", budget=0.01, rate=SLOW),
    Incident(share=0.04, objective="ApiErrors", budget=0.01, rate=DAILY),
    Incident(share=0.02, objective="ApiErrors", budget=0.01, rate=SLOWEST),
)


@pytest.mark.parametrize("incident", INCIDENTS, ids=str)
def test_an_incident_of_a_known_size_is_told_when_its_burn_rate_promises(
    incident: Incident, promtool: Path, tmp_path: Path
) -> None:
    """After traffic without any error for as long as the rule looks back, which is when it takes longest."""
    slack = SLACK + incident.every
    after, before = math.ceil(incident.promised) + slack, minutes(incident.rate.long) + incident.every
    bad = round(REQUESTS * incident.share)
    ok = f"0+{REQUESTS}x{before} {REQUESTS * before}+{REQUESTS - bad}x{after + SLACK}"
    failed = f"0+0x{before} 0+{bad}x{after + SLACK}"
    soonest = before + math.floor(incident.promised) - slack
    tests = [firing(soonest, incident.alert, 0), firing(before + after, incident.alert, 1)]
    rehearsal = Rehearsal(alerts=[incident.alert], series=served(ok, failed), every=incident.every)
    rehearsal.run(promtool, tmp_path, tests)
    print(f"{incident}: within {incident.promised:.0f} minutes, as promised, give or take {slack}")  # noqa: T201 - figures are to be read


@pytest.mark.parametrize(("maintenance", "pages"), [(1, 0), (0, 1)], ids=["announced", "not announced"])
def test_an_hour_of_maintenance_pages_nobody_then_or_afterwards_and_an_hour_without_an_answer_does(
    maintenance: int, pages: int, promtool: Path, tmp_path: Path
) -> None:
    alerts, before, hour, after = [f"ApiAvailability{rate.name}" for rate in BURN_RATES], 6 * 60, 60, 6 * 60
    series = [
        {"series": 'probe_success{job="stratmaster-public"}', "values": f"1x{before} 0x{hour} 1x{after}"},
        {"series": "stratmaster:maintenance:on", "values": f"0x{before} {maintenance}x{hour} 0x{after}"},
    ]
    last = before + hour + after
    tests: list[dict[str, Any]] = [
        {
            "eval_time": f"{last}m",
            "expr": f'count(count_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[{last}m]))',
            "exp_samples": [{"labels": "{}", "value": 1}] if pages else [],
        }
        for alert in alerts
    ]
    Rehearsal(alerts=alerts, series=series).run(promtool, tmp_path, tests)


def test_a_few_failures_among_few_requests_page_nobody(promtool: Path, tmp_path: Path) -> None:
    """Three requests a minute, one of them failing: a third of the requests, and yet nothing to wake anybody for."""
    length = 8 * 60
    series = served(f"0+2x{length}", f"0+1x{length}")
    tests = [firing(length - 1, alert, 0) for alert in PAGES]
    Rehearsal(alerts=PAGES, series=series).run(promtool, tmp_path, tests)
