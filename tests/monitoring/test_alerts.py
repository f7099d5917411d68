"""Every alert, by Prometheus' own engine: it fires, and only when, and as long as, and after as long as it should.

Each story is told of the rules that the program emits. `pending` is seen as well as `firing`, so that a story about
"just under" can't pass because the expression never held at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from components.monitoring.rules import MAINTENANCE_LABEL
from tests.monitoring import emitted
from tests.monitoring.cases import api, business, data, platform, resources, scans
from tests.monitoring.promtool import SPARE, Story, fired, told, wait_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.monitoring.cases.case import Case

CASES = (*api.CASES, *resources.CASES, *data.CASES, *platform.CASES, *business.CASES, *scans.CASES)
PATIENT = [case for case in CASES if emitted.alerts()[case.alert].get("for")]
SILENT = [case for case in CASES if not case.always]
MISSING = re.compile(r"<no value>|%!|<error|\{\{|\bNaN\b|\+Inf")


def _ids(cases: list[Case] | tuple[Case, ...]) -> list[str]:
    return [case.alert for case in cases]


def _fires(case: Case) -> Story:
    warm_up, lag, wait = case.warm_up // case.step, case.lag, wait_of(case)
    return Story(case, ("good", warm_up), ("bad", lag + wait + SPARE)).annotated(warm_up + lag + wait)


def _is_well(case: Case) -> Story:
    return Story(case, ("good", case.warm_up // case.step + case.lag + wait_of(case) + SPARE)).never("firing")


def _waits(case: Case) -> Story:
    warm_up, wait = case.warm_up // case.step, wait_of(case)
    at = warm_up + case.lag
    return Story(case, ("good", warm_up), ("bad", case.lag + wait + SPARE)).states(
        (at - 1, "pending", 0),
        (at, "pending", case.alerts),
        (at + wait - 1, "pending", case.alerts),
        (at + wait - 1, "firing", 0),
        (at + wait, "firing", case.alerts),
    )


def _recovers(case: Case) -> Story:
    warm_up, wait = case.warm_up // case.step, wait_of(case)
    bad, well = case.lag + wait + 1, case.recovery + 1
    relapse = warm_up + bad + well
    return Story(case, ("good", warm_up), ("bad", bad), ("good", well), ("bad", wait + 1)).states(
        (warm_up + bad - 1, "firing", case.alerts),
        (relapse - 1, "firing", 0),
        (relapse - 1, "pending", 0),
        *([(relapse + wait - 1, "firing", 0)] if wait else []),
    )


def _without_data(case: Case) -> Story:
    if not case.absence:
        return Story(case).never()
    wait = wait_of(case)
    return Story(case).states((wait - 1, "firing", 0), (wait, "firing", 1))


def _named(kind: str, cases: Iterable[Case]) -> dict[str, Case]:
    return {f"{case.alert}.{kind}": case for case in cases}


@pytest.fixture(scope="module")
def said(promtool: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What promtool says of every story, by alert and kind."""
    stories = {
        **{name: _fires(case) for name, case in _named("fires", CASES).items()},
        **{name: _is_well(case) for name, case in _named("is-well", SILENT).items()},
        **{name: _waits(case) for name, case in _named("waits", PATIENT).items()},
        **{name: _recovers(case) for name, case in _named("recovers", SILENT).items()},
        **{name: _without_data(case) for name, case in _named("without-data", SILENT).items()},
    }
    return told(promtool, tmp_path_factory.mktemp("stories"), stories)


def test_every_alert_that_the_program_emits_has_a_story_and_every_story_its_alert() -> None:
    told = [case.alert for case in CASES]
    assert sorted(told) == sorted(emitted.alerts())
    assert len(told) > 100


@pytest.mark.parametrize("case", CASES, ids=_ids(CASES))
def test_it_fires_and_says_what_is_wrong_in_human_units(case: Case, said: Mapping[str, str]) -> None:
    found = fired(said[f"{case.alert}.fires"])
    assert len(found) == case.alerts, said[f"{case.alert}.fires"] or "nothing fired"
    for labels, texts in found:
        assert case.says in texts["description"]
        assert not [text for text in texts.values() if MISSING.search(text)], texts
        assert case.labels.items() <= labels.items()
        assert labels["namespace"] == "stratmaster-production"
        assert labels["severity"] in {"page", "ticket", "info"}
        assert labels["owner"] in {"platform", "database", "security"}
        assert labels.get(MAINTENANCE_LABEL, "true") == "true"


@pytest.mark.parametrize("case", SILENT, ids=_ids(SILENT))
def test_it_does_not_fire_while_all_is_well(case: Case, said: Mapping[str, str]) -> None:
    assert said[f"{case.alert}.is-well"] == ""


@pytest.mark.parametrize("case", PATIENT, ids=_ids(PATIENT))
def test_it_does_not_fire_a_minute_before_its_time(case: Case, said: Mapping[str, str]) -> None:
    assert said[f"{case.alert}.waits"] == ""


@pytest.mark.parametrize("case", SILENT, ids=_ids(SILENT))
def test_it_ends_when_all_is_well_and_its_time_begins_anew(case: Case, said: Mapping[str, str]) -> None:
    assert said[f"{case.alert}.recovers"] == ""


@pytest.mark.parametrize("case", SILENT, ids=_ids(SILENT))
def test_without_data_only_the_alerts_on_absence_fire(case: Case, said: Mapping[str, str]) -> None:
    assert said[f"{case.alert}.without-data"] == ""


def test_a_story_that_does_not_hold_is_told_by_its_name(promtool: Path, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.alert == "PostgresDown")
    wrong = Story(case, ("good", 20)).states((10, "firing", 1))
    found = told(promtool, tmp_path, {"wrong": wrong, "right": _is_well(case)})
    assert found["right"] == ""
    assert 'alertname=\\"PostgresDown\\"' in found["wrong"]
