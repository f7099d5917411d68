"""Tells stories of alerts in promtool, whose engine is Prometheus' own; all of them in one run of it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from tests.monitoring import emitted
from tests.monitoring.timeline import minutes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.monitoring.cases.case import Case
    from tests.monitoring.timeline import State

TIMEOUT_SECONDS = 600
SPARE = 10
"""Steps that a story goes on after its point."""
_FILE = re.compile(r"^(?:Processing test file|Unit Testing): +(\S+)$", re.MULTILINE)


class Story:
    """One alert's rules and series. Times are in steps of the case, which mostly are minutes.

    Args:
        case: the alert.
        phases: how long it is good and bad, in order.
    """

    def __init__(self, case: Case, *phases: tuple[State, int]) -> None:
        self.case = case
        self._phases = phases
        self._states: list[dict[str, Any]] = []
        self._firing: list[dict[str, Any]] = []

    def states(self, *states: tuple[int, str, int]) -> Story:
        """What shall be seen: when, `pending` or `firing`, and how many alerts are in that state then."""
        for at, state, count in states:
            self._expect(at, f'count(ALERTS{{alertname="{self.case.alert}",alertstate="{state}"}})', count)
        return self

    def never(self, state: str = "pending|firing") -> Story:
        """It is never in a state, from the first step to the last."""
        last = sum(length for _, length in self._phases) or wait_of(self.case) + SPARE
        series = f'ALERTS{{alertname="{self.case.alert}",alertstate=~"{state}"}}'
        self._expect(last, f"count(count_over_time({series}[{(last + 1) * self.case.step}m]))", 0)
        return self

    def annotated(self, at: int) -> Story:
        """Nothing is expected to fire, so that promtool tells what does."""
        self._firing.append({"eval_time": self._time(at), "alertname": self.case.alert, "exp_alerts": []})
        return self

    def _expect(self, at: int, expr: str, count: int) -> None:
        samples = [{"labels": "{}", "value": count}] if count else []
        self._states.append({"eval_time": self._time(at), "expr": expr, "exp_samples": samples})

    def _time(self, at: int) -> str:
        return f"{at * self.case.step}m"

    def written(self, rules: str) -> dict[str, Any]:
        """As promtool's file has it."""
        interval = f"{self.case.step}m"
        series = [
            {"series": each.selector, "values": each.values(self._phases, self.case.step)} for each in self.case.series
        ]
        return {
            "rule_files": [rules],
            "evaluation_interval": interval,
            # Prometheus evaluates groups side by side, promtool in an order of chance; a story needs one.
            "group_eval_order": [group["name"] for group in emitted.needed(self.case.alert)],
            "tests": [
                {
                    "interval": interval,
                    "input_series": series if self._phases else [],
                    "promql_expr_test": self._states,
                    "alert_rule_test": self._firing,
                }
            ],
        }


def wait_of(case: Case) -> int:
    """The steps for which the alert's expression has to hold."""
    return minutes(emitted.alerts()[case.alert].get("for", "")) // case.step


def told(promtool: Path, folder: Path, stories: Mapping[str, Story]) -> Mapping[str, str]:
    """Run promtool once.

    Args:
        promtool: the binary.
        folder: to write in.
        stories: by name.

    Returns:
        By the same names, what promtool complains of; nothing where a story holds.
    """
    for case in {story.case.alert: story.case for story in stories.values()}.values():
        groups = [{**group, "interval": f"{case.step}m"} for group in emitted.needed(case.alert)]
        (folder / f"{case.alert}.rules").write_text(yaml.dump({"groups": groups}, Dumper=yaml.CSafeDumper))
    for name, story in stories.items():
        document = yaml.dump(story.written(f"{story.case.alert}.rules"), width=10**6, Dumper=yaml.CSafeDumper)
        (folder / name).write_text(document)
    done = subprocess.run(
        [promtool, "test", "rules", *stories],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    _, *parts = _FILE.split(done.stdout)
    said = dict(zip(parts[::2], parts[1::2], strict=True))
    assert said.keys() == stories.keys(), done.stdout[-2000:]
    return {name: "" if "SUCCESS" in text else text for name, text in said.items()}


def fired(said: str) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Labels and annotations of what fired, out of what promtool says of a story that expected nothing to."""
    found = re.findall(r"Labels:(\{[^\n]*\})\s+Annotations:(\{[^\n]*\})", said.partition("got:[")[2])
    return [(_pairs(labels), _pairs(annotations)) for labels, annotations in found]


def _pairs(text: str) -> dict[str, str]:
    return {key: value.replace('\\"', '"') for key, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text)}
