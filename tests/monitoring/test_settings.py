"""What is promised can be changed, and what could never be measured is refused in two lines."""

from __future__ import annotations

from decimal import Decimal

import pytest

from settings import FoundationSettings
from tests.monitoring import emitted
from tests.settings.stack_files import FOUNDATION, read, refusal
from tests.stacks.recorded import run


def _read(monitoring: dict[str, object]) -> FoundationSettings:
    settings = read(FOUNDATION, "production", monitoring=monitoring)
    assert isinstance(settings, FoundationSettings)
    return settings


def test_left_out_everything_is_the_guides() -> None:
    monitoring = _read({}).monitoring
    assert monitoring.objectives.availability_percent == Decimal("99.5")
    assert monitoring.objectives.error_percent == 1
    assert (monitoring.objectives.p95_milliseconds, monitoring.objectives.p99_milliseconds) == (500, 1000)
    at = monitoring.thresholds
    assert (at.cpu_percent, at.memory_percent, at.connections_percent, at.storage_percent) == (80, 85, 80, 90)
    assert at.connections == 80
    assert monitoring.contacts.on_call == "+1-555-662-2255"


@pytest.mark.parametrize("value", [99.9, "99.9"])
def test_a_share_is_exact_whether_it_comes_as_a_number_or_as_text(value: float | str) -> None:
    assert _read({"objectives": {"availabilityPercent": value}}).monitoring.objectives.availability_percent == Decimal(
        "99.9"
    )


@pytest.mark.parametrize(("promise", "budget"), [(99.9, "0.001"), (99.999, "0.00001"), (93.1, "0.069")])
def test_another_promise_moves_every_threshold_that_follows_from_it(promise: float, budget: str) -> None:
    recording = run("production", changes={"monitoring": {"objectives": {"availabilityPercent": promise}}})
    groups = emitted.groups_of(emitted.declared(recording, "PrometheusRule"))
    rules = {rule["alert"]: str(rule["expr"]) for group in groups for rule in group["rules"] if "alert" in rule}
    for alert, factor in (("Burn14x", "14.4"), ("Burn6x", "6"), ("Burn3x", "3"), ("Burn1x", "1")):
        threshold = f"{(Decimal(budget) * Decimal(factor)).normalize():f}"
        assert 0 < float(threshold) < 1
        assert rules[f"ApiAvailability{alert}"].count(f"> {threshold}") == 2
    (left,) = [
        rule["expr"]
        for group in groups
        for rule in group["rules"]
        if rule.get("labels") == {"objective": "unavailability"} and "record" in rule
    ]
    assert left.endswith(f" / {budget}")


@pytest.mark.parametrize(
    ("monitoring", "what"),
    [
        ({"objectives": {"p95Milliseconds": 400}}, "objectives.p95Milliseconds 400 isn't counted by the gateway"),
        ({"requests": "ingress", "objectives": {"p99Milliseconds": 30000}}, "p99Milliseconds 30000 isn't counted"),
        ({"objectives": {"availabilityPercent": 100}}, "stratmaster:monitoring.objectives.availabilityPercent"),
        ({"objectives": {"availabilityPercent": 93}}, "availabilityPercent 93 promises too little: 93.1 or more"),
        ({"objectives": {"errorPercent": 7}}, "errorPercent 7 allows too much: 6.9 or less"),
        ({"thresholds": {"cpuPercent": 100}}, "stratmaster:monitoring.thresholds.cpuPercent"),
        ({"thresholds": {"storagePercent": 0}}, "stratmaster:monitoring.thresholds.storagePercent"),
        ({"thresholds": {"certificateDays": 30}}, "stratmaster:monitoring.thresholds.certificateDays"),
        ({"objectives": {"availabilityPercent": "often"}}, "stratmaster:monitoring.objectives.availabilityPercent"),
        ({"requests": "gatway"}, "stratmaster:monitoring.requests"),
        ({"contacts": {"platfrom": "a@b.com"}}, "stratmaster:monitoring.contacts.platfrom is not a setting"),
        ({"contacts": {"platform": "nobody"}}, "stratmaster:monitoring.contacts.platform"),
        ({"contacts": {"slackChannel": "alerts"}}, "stratmaster:monitoring.contacts.slackChannel"),
        ({"thresholds": {"cpuPercent": 120}}, "stratmaster:monitoring.thresholds.cpuPercent"),
        ({"links": {"grafana": "grafana"}}, "stratmaster:monitoring.links.grafana"),
        ({"businessMetrics": ["weather"]}, "stratmaster:monitoring.businessMetrics"),
    ],
)
def test_what_could_not_be_measured_or_reached_is_refused_by_name(monitoring: dict[str, object], what: str) -> None:
    problems = refusal(FOUNDATION, "production", monitoring=monitoring)
    assert any(what in said for said, _ in problems), problems
    assert all(mend for _, mend in problems)
