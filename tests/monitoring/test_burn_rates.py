"""Thirty days: an incident of a known size is told within the time that its burn rate promises, and noise is not.

The engine is Prometheus' own (promtool), the rules are those that the program emits; nothing here computes an alert
anew. What is computed is only when it has to come: an incident in which a share r of the requests fails uses up what a
rate allows over its long window after `factor x budget x window / r`, and the rule's own waiting time comes on top.
"""

from __future__ import annotations

import math
import random
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from components.monitoring.burn_rates import BURN_RATES, BurnRate
from tests.monitoring import emitted
from tests.monitoring.timeline import minutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

REQUESTS: Final = 600
"""A minute."""
DAY: Final = 1440
BEFORE: Final = 3 * DAY
"""Minutes of traffic without any error before an incident: the longest window."""
SLACK: Final = 2
"""Minutes beside the time between evaluations: one between samples, one for the rate's extrapolation."""
CLUSTER: Final = 'envoy_cluster_name="stratmaster-blue_stratmaster-api_80"'
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


def _served(ok: str, failed: str) -> list[dict[str, str]]:
    return [
        {"series": f'envoy_cluster_upstream_rq_xx{{{CLUSTER},envoy_response_code_class="2"}}', "values": ok},
        {"series": f'envoy_cluster_upstream_rq_xx{{{CLUSTER},envoy_response_code_class="5"}}', "values": failed},
    ]


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Series over time, and what shall be seen of the alerts.

    Args:
        alerts: whose rules are run, with all that they read.
        series: what there is.
        tests: what shall be seen.
        every: how often the rules are evaluated.
    """

    alerts: Sequence[str]
    series: list[dict[str, str]]
    tests: list[dict[str, Any]]
    every: str = "1m"

    def run(self, promtool: Path, folder: Path) -> None:
        """Have promtool judge it."""
        rules: dict[str, list[dict[str, Any]]] = {}
        for group in (group for name in self.alerts for group in emitted.needed(name)):
            kept = rules.setdefault(group["name"], [])
            kept += [rule for rule in group["rules"] if rule not in kept]
        groups = [{"name": name, "interval": self.every, "rules": kept} for name, kept in rules.items()]
        (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
        document = {
            "rule_files": ["rules.yaml"],
            "evaluation_interval": self.every,
            "group_eval_order": sorted(rules, key=_order),
            "tests": [{"interval": "1m", "input_series": self.series, "promql_expr_test": self.tests}],
        }
        (folder / "test.yaml").write_text(yaml.safe_dump(document, width=10**9))
        command = [promtool, "test", "rules", "test.yaml"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _order(group: str) -> int:
    """What reads comes after what it reads."""
    return 0 if "reached" in group else 1 if "windows" in group else 2


def _firing(minute: int, alert: str, count: int) -> dict[str, Any]:
    samples = [{"labels": "{}", "value": 1}] if count else []
    expr = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    return {"eval_time": f"{minute}m", "expr": expr, "exp_samples": samples}


@pytest.mark.parametrize("incident", INCIDENTS, ids=str)
def test_an_incident_of_a_known_size_is_told_when_its_burn_rate_promises(
    incident: Incident, promtool: Path, tmp_path: Path
) -> None:
    slack = SLACK + incident.every
    after = math.ceil(incident.promised) + slack
    failing = REQUESTS * incident.share
    done = REQUESTS * BEFORE
    ok = f"0+{REQUESTS}x{BEFORE} {done + REQUESTS - failing:g}+{REQUESTS - failing:g}x{after + 30}"
    failed = f"0+0x{BEFORE} {failing:g}+{failing:g}x{after + 30}"
    tests = [
        _firing(BEFORE + math.floor(incident.promised) - slack, incident.alert, 0),
        _firing(BEFORE + after, incident.alert, 1),
    ]
    served = _served(ok, failed)
    Rehearsal(alerts=[incident.alert], series=served, tests=tests, every=f"{incident.every}m").run(promtool, tmp_path)
    print(f"{incident}: within {incident.promised:.0f} minutes, as promised, give or take {slack}")  # noqa: T201 - figures are to be read


def _month_of_noise(share: float) -> tuple[str, str]:
    """Requests that come and go with the day, of which a share fails now and then, in bursts."""
    chance = random.Random(6)  # noqa: S311 - no secret, but the same month each time
    ok = failed = 0
    oks, faileds = [0], [0]
    for minute in range(30 * DAY):
        requests = round(REQUESTS * (1 + 0.8 * math.sin(2 * math.pi * minute / DAY)))
        bad = sum(chance.random() < share for _ in range(requests // 20)) * 20 if requests else 0
        ok, failed = ok + requests - min(bad, requests), failed + min(bad, requests)
        oks.append(ok)
        faileds.append(failed)
    assert 0.9 * share < failed / (ok + failed) < 1.1 * share
    return " ".join(map(str, oks)), " ".join(map(str, faileds))


def test_a_month_of_noise_within_the_budget_never_pages(promtool: Path, tmp_path: Path) -> None:
    share = 0.004  # under the 0.5 % that availability allows: 80 % of the budget, spent evenly
    ok, failed = _month_of_noise(share)
    last = 30 * DAY
    tests: list[dict[str, Any]] = [
        {
            "eval_time": f"{last}m",
            "expr": f'count(count_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[30d]))',
            "exp_samples": [],
        }
        for alert in PAGES
    ]
    tests.append(  # the month is not simply empty
        {
            "eval_time": f"{last}m",
            "expr": "count(stratmaster:errors:ratio_rate1h > 0)",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }
    )
    Rehearsal(alerts=PAGES, series=_served(ok, failed), tests=tests, every="5m").run(promtool, tmp_path)
    print(f"30 days at {share:.1%} errors: no page")  # noqa: T201 - figures are to be read


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
    Rehearsal(alerts=alerts, series=series, tests=tests).run(promtool, tmp_path)


@pytest.mark.parametrize("alert", PAGES)
def test_a_few_failures_among_few_requests_page_nobody(alert: str, promtool: Path, tmp_path: Path) -> None:
    """Three requests a minute, one of them failing: a third of the requests, and yet nothing to wake anybody for."""
    length = 8 * 60
    series = _served(f"0+2x{length}", f"0+1x{length}")
    Rehearsal(alerts=[alert], series=series, tests=[_firing(length - 1, alert, 0)]).run(promtool, tmp_path)
