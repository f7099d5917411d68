"""Thirty days of traffic, with noise within the budget all the time and incidents of known size now and then.

Requests come and go with the day, four in a thousand fail (80 % of what availability allows), in bursts. Whatever pages
has to be one of the incidents, within the time that the table of burn rates promises, and to end soon after it.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from components.monitoring.burn_rates import BURN_RATES
from tests.monitoring.rehearsal import Rehearsal, served
from tests.monitoring.test_burn_rates import FAST, PAGES, REQUESTS, SLOW, Incident
from tests.monitoring.timeline import minutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DAYS: Final = 30
DAY: Final = 1440
NOISE: Final = 0.004
EVERY: Final = 5
"""Minutes between evaluations, for the sake of the test's time; `test_burn_rates.py` looks each minute."""
RISING: Final = 60
"""The minute of a day when incidents begin: while traffic rises, so that what the promise assumes (that it is even) is
no help to it."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """An incident.

    Args:
        day: when it begins.
        length: minutes.
        share: of the requests that fail.
        unreachable: whether the probe from outside fails too.
        pages: what it has to wake somebody by; empty where it is small enough to be a ticket.
    """

    day: int
    length: int
    share: float
    pages: tuple[Incident, ...]
    unreachable: bool = False

    @property
    def begins(self) -> int:
        """The minute of the month."""
        return self.day * DAY + RISING


def _told(share: float, *alerts: str) -> tuple[Incident, ...]:
    budgets = {"ApiAvailability": 0.005, "ApiErrors": 0.01}
    every = (
        Incident(share=share, objective=objective, budget=budget, rate=rate)
        for objective, budget in budgets.items()
        for rate in (FAST, SLOW)
    )
    return tuple(each for each in every if each.alert in alerts)


MONTH: Final = (
    Trouble(day=3, length=120, share=1.0, pages=_told(1.0, *PAGES), unreachable=True),
    Trouble(day=8, length=120, share=0.10, pages=_told(0.10, "ApiAvailabilityBurn14x", "ApiAvailabilityBurn6x")),
    Trouble(day=13, length=300, share=0.05, pages=_told(0.05, "ApiAvailabilityBurn6x")),
    Trouble(day=18, length=120, share=0.25, pages=_told(0.25, *PAGES)),
    Trouble(day=23, length=120, share=0.03, pages=()),
    Trouble(day=27, length=2, share=1.0, pages=()),
)


def _traffic() -> tuple[str, str]:
    """Requests that went well, and that failed, minute by minute."""
    chance = random.Random(6)  # noqa: S311 - no secret, but the same month each time
    ok = failed = noise = 0
    oks, faileds = [0], [0]
    for minute in range(DAYS * DAY):
        requests = round(REQUESTS * (1 + 0.8 * math.sin(2 * math.pi * minute / DAY)))
        burst = sum(chance.random() < NOISE for _ in range(requests // 20)) * 20
        trouble = sum(each.share for each in MONTH if each.begins <= minute < each.begins + each.length)
        bad = min(burst + round(requests * trouble), requests)
        ok, failed, noise = ok + requests - bad, failed + bad, noise + burst
        oks.append(ok)
        faileds.append(failed)
    assert 0.9 * NOISE < noise / (ok + failed) < 1.1 * NOISE
    return " ".join(map(str, oks)), " ".join(map(str, faileds))


def _probe() -> str:
    (away,) = (each for each in MONTH if each.unreachable)
    return f"1x{away.begins - 1} 0x{away.length - 1} 1x{DAYS * DAY - away.begins - away.length}"


Fired = tuple[int, int]
"""The first and the last minute of a day in which an alert fires."""


@pytest.fixture(scope="module")
def fired(promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[int, str], Fired]:
    """Day and alert -> when."""
    alerts = "|".join(PAGES)
    firing = f'timestamp(ALERTS{{alertname=~"{alerts}",alertstate="firing"}})[1d:{EVERY}m]'
    ask = {
        (day, which): f"min by (alertname) ({which}_over_time({firing}) - {day * DAY * 60})"
        for day in range(DAYS)
        for which in ("min", "max")
    }
    series = [*served(*_traffic()), {"series": 'probe_success{job="stratmaster-public"}', "values": _probe()}]
    questions = {query: (day + 1) * DAY - 1 for (day, _), query in ask.items()}
    folder = tmp_path_factory.mktemp("month")
    answers = Rehearsal(alerts=PAGES, series=series, every=EVERY).ask(promtool, folder, questions)
    found: dict[tuple[int, str], Fired] = {}
    for day in range(DAYS):
        first, last = answers.get(ask[day, "min"], {}), answers.get(ask[day, "max"], {})
        for alert in PAGES:
            label = f'alertname="{alert}"'
            if label in first:
                found[day, alert] = round(first[label] / 60), round(last[label] / 60)
    return found


def test_on_days_without_an_incident_nobody_is_woken(fired: Mapping[tuple[int, str], Fired]) -> None:
    assert {day for day, _ in fired} == {each.day for each in MONTH if each.pages}
    quiet = DAYS - len({day for day, _ in fired})
    print(f"{quiet} days with {NOISE:.1%} errors, on two of them an incident too small for a page: no page")  # noqa: T201 - figures are to be read


@pytest.mark.parametrize("trouble", MONTH, ids=lambda each: f"day {each.day}: {each.share:.0%} for {each.length} min")
def test_an_incident_pages_those_it_should_when_it_should_and_lets_them_go(
    trouble: Trouble, fired: Mapping[tuple[int, str], Fired]
) -> None:
    expected = {each.alert: each for each in trouble.pages}
    assert {alert for day, alert in fired if day == trouble.day} == set(expected)
    for alert, incident in expected.items():
        first, last = (minute - RISING for minute in fired[trouble.day, alert])
        assert 0 < first <= math.ceil(incident.promised) + EVERY + 2
        assert last <= trouble.length + minutes(incident.rate.short) + EVERY
        print(  # noqa: T201 - figures are to be read
            f"{trouble.share:.0%} for {trouble.length} min: {alert} after {first} min, promised within "
            f"{incident.promised:.0f}; over {last - trouble.length} min after the incident"
        )


def test_the_pages_of_the_table_are_those_that_the_month_is_watched_for() -> None:
    assert {rate.name for rate in BURN_RATES if rate.severity == "page"} == {FAST.name, SLOW.name}
    assert len(PAGES) == 2 * len({FAST, SLOW})
