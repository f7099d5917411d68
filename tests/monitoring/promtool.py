"""Runs an alert's story through promtool, whose engine is Prometheus' own."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from tests.monitoring import emitted
from tests.monitoring.timeline import minutes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.monitoring.cases.case import Case
    from tests.monitoring.timeline import State

TIMEOUT_SECONDS = 120
SPARE = 10
"""Minutes that a story goes on after its point."""


class Story:
    """One alert's rules and series in promtool's files.

    Args:
        promtool: the binary.
        case: the alert.
        folder: to write in.
    """

    def __init__(self, promtool: Path, case: Case, folder: Path) -> None:
        self._promtool, self._case, self._folder = promtool, case, folder
        self.wait = minutes(emitted.alerts()[case.alert].get("for", ""))
        self._groups: list[dict[str, Any]] = []
        groups = emitted.needed(case.alert)
        (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
        # Prometheus evaluates groups side by side, promtool in an order of chance; a story needs one.
        self._order = [group["name"] for group in groups]

    @property
    def true_at(self) -> int:
        """The minute of the first evaluation at which the expression holds, when it turns bad after the warm-up."""
        return self._case.warm_up + self._case.lag

    def tell(self, phases: Sequence[tuple[State, int]], states: Sequence[tuple[int, str, int]]) -> None:
        """Add phases to the story, with what shall be seen in them.

        Args:
            phases: how long it is good and bad, in order.
            states: minute, `pending` or `firing`, and how many alerts are in that state then.
        """
        self._tell(
            phases,
            [
                _count(minute, f'ALERTS{{alertname="{self._case.alert}",alertstate="{state}"}}', count)
                for minute, state, count in states
            ],
        )

    def never(self, phases: Sequence[tuple[State, int]], state: str = "pending|firing") -> None:
        """Add phases in which the alert is never in a state, from the first minute to the last."""
        last = sum(length for _, length in phases) or self.wait + SPARE
        series = f'ALERTS{{alertname="{self._case.alert}",alertstate=~"{state}"}}'
        self._tell(phases, [_count(last, f"count_over_time({series}[{last + 1}m])", 0)])

    def _tell(self, phases: Sequence[tuple[State, int]], tests: list[dict[str, Any]]) -> None:
        self._groups.append({"interval": "1m", "input_series": self._series(phases), "promql_expr_test": tests})

    def _series(self, phases: Sequence[tuple[State, int]]) -> list[dict[str, str]]:
        if not phases:
            return []
        written = ((each.selector, each.values(phases)) for each in self._case.series)
        return [{"series": selector, "values": values} for selector, values in written]

    def check(self) -> None:
        """Run promtool; fails with what it says."""
        done = self._run(self._groups)
        assert done.returncode == 0, done.stdout + done.stderr

    def annotations(
        self, minute: int, phases: Sequence[tuple[State, int]]
    ) -> list[tuple[dict[str, str], dict[str, str]]]:
        """Labels and annotations of what fires at a minute, as promtool shows them when nothing was expected."""
        group: dict[str, Any] = {
            "interval": "1m",
            "input_series": self._series(phases),
            "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": self._case.alert, "exp_alerts": []}],
        }
        done = self._run([group])
        assert done.returncode == 1, "nothing fired"
        got = (done.stdout + done.stderr).split("got:[", 1)[1]
        found = re.findall(r"Labels:(\{[^\n]*\})\s+Annotations:(\{[^\n]*\})", got)
        return [(_pairs(labels), _pairs(annotations)) for labels, annotations in found]

    def _run(self, groups: Sequence[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
        document = {
            "rule_files": ["rules.yaml"],
            "evaluation_interval": "1m",
            "group_eval_order": self._order,
            "tests": groups,
        }
        (self._folder / "test.yaml").write_text(yaml.safe_dump(document, width=10**6))
        return subprocess.run(
            [self._promtool, "test", "rules", "test.yaml"],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )


def _count(minute: int, series: str, count: int) -> dict[str, Any]:
    samples = [{"labels": "{}", "value": count}] if count else []
    return {"eval_time": f"{minute}m", "expr": f"count({series})", "exp_samples": samples}


def _pairs(text: str) -> dict[str, str]:
    return {key: value.replace('\\"', '"') for key, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text)}
