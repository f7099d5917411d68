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
from tests.monitoring.cases import api, business, data, platform, resources
from tests.monitoring.promtool import SPARE, Story

if TYPE_CHECKING:
    from pathlib import Path

    from tests.monitoring.cases.case import Case

CASES = (*api.CASES, *resources.CASES, *data.CASES, *platform.CASES, *business.CASES)
PATIENT = [case for case in CASES if emitted.alerts()[case.alert].get("for")]
SILENT = [case for case in CASES if not case.always]
MISSING = re.compile(r"<no value>|%!|<error|\{\{|\bNaN\b|\+Inf")


def _ids(cases: list[Case] | tuple[Case, ...]) -> list[str]:
    return [case.alert for case in cases]


def test_every_alert_that_the_program_emits_has_a_story_and_every_story_its_alert() -> None:
    told = [case.alert for case in CASES]
    assert sorted(told) == sorted(emitted.alerts())
    assert len(told) > 100


@pytest.mark.parametrize("case", CASES, ids=_ids(CASES))
def test_it_fires_and_says_what_is_wrong_in_human_units(case: Case, promtool: Path, tmp_path: Path) -> None:
    story = Story(promtool, case, tmp_path)
    at = story.true_at + story.wait
    found = story.annotations(at, [("good", case.warm_up), ("bad", case.lag + story.wait + SPARE)])
    assert len(found) == case.alerts
    for labels, texts in found:
        assert case.says in texts["description"]
        assert not [text for text in texts.values() if MISSING.search(text)], texts
        assert case.labels.items() <= labels.items()
        assert labels["namespace"] == "stratmaster-production"
        assert labels["severity"] in {"page", "ticket", "info"}
        assert labels["owner"] in {"platform", "database", "security"}
        assert labels.get(MAINTENANCE_LABEL, "true") == "true"


@pytest.mark.parametrize("case", SILENT, ids=_ids(SILENT))
def test_it_does_not_fire_while_all_is_well(case: Case, promtool: Path, tmp_path: Path) -> None:
    story = Story(promtool, case, tmp_path)
    story.never([("good", case.warm_up + case.lag + story.wait + SPARE)], "firing")
    story.check()


@pytest.mark.parametrize("case", PATIENT, ids=_ids(PATIENT))
def test_it_does_not_fire_a_minute_before_its_time(case: Case, promtool: Path, tmp_path: Path) -> None:
    story = Story(promtool, case, tmp_path)
    bad, at = case.lag + story.wait, story.true_at
    story.tell(
        [("good", case.warm_up), ("bad", bad + SPARE)],
        [
            (at - 1, "pending", 0),
            (at, "pending", case.alerts),
            (at + story.wait - 1, "pending", case.alerts),
            (at + story.wait - 1, "firing", 0),
            (at + story.wait, "firing", case.alerts),
        ],
    )
    story.check()


@pytest.mark.parametrize("case", SILENT, ids=_ids(SILENT))
def test_it_ends_when_all_is_well_and_its_time_begins_anew(case: Case, promtool: Path, tmp_path: Path) -> None:
    story = Story(promtool, case, tmp_path)
    bad, well = case.lag + story.wait + 1, case.recovery + 1
    relapse = case.warm_up + bad + well
    seen = [
        (case.warm_up + bad - 1, "firing", case.alerts),
        (relapse - 1, "firing", 0),
        (relapse - 1, "pending", 0),
        *([(relapse + story.wait - 1, "firing", 0)] if story.wait else []),
    ]
    story.tell([("good", case.warm_up), ("bad", bad), ("good", well), ("bad", story.wait + 1)], seen)
    story.check()


@pytest.mark.parametrize("case", SILENT, ids=_ids(SILENT))
def test_without_data_only_the_alerts_on_absence_fire(case: Case, promtool: Path, tmp_path: Path) -> None:
    story = Story(promtool, case, tmp_path)
    if case.absence:
        story.tell([], [(story.wait - 1, "firing", 0), (story.wait, "firing", 1)])
    else:
        story.never([])
    story.check()
