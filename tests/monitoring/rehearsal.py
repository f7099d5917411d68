"""Series over days in promtool, whose engine is Prometheus' own, with the rules that the program emits."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.monitoring import emitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CLUSTER = 'envoy_cluster_name="stratmaster-blue_stratmaster-api_80"'
TIMEOUT_SECONDS = 600
_GOT = re.compile(r'expr: "(?P<expr>.*)", time: (?P<time>\S+),\s+exp:\s*nil\s+got:(?P<got>.*)')
_SAMPLE = re.compile(r"\{([^}]*)\} ([0-9.E+-]+)")


def served(ok: str, failed: str) -> list[dict[str, str]]:
    """Requests at the gateway that went well and that failed, as promtool has them."""
    return [
        {"series": f'envoy_cluster_upstream_rq_xx{{{CLUSTER},envoy_response_code_class="2"}}', "values": ok},
        {"series": f'envoy_cluster_upstream_rq_xx{{{CLUSTER},envoy_response_code_class="5"}}', "values": failed},
    ]


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Series over time, a sample a minute, and the rules that read them.

    Args:
        alerts: whose rules are run, with all that they read.
        series: what there is.
        every: minutes between evaluations.
        groups: where the rules are; the foundation's if not said.
    """

    alerts: Sequence[str]
    series: Sequence[Mapping[str, str]]
    every: int = 1
    groups: Sequence[dict[str, Any]] | None = None

    def run(self, promtool: Path, folder: Path, tests: Sequence[Mapping[str, Any]]) -> None:
        """Have promtool judge what shall be seen."""
        done = self._run(promtool, folder, tests)
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, promtool: Path, folder: Path, questions: Mapping[str, int]) -> Mapping[str, Mapping[str, float]]:
        """What queries answer at a minute: query -> labels -> value. promtool tells it when it expected nothing."""
        tests: list[dict[str, Any]] = [
            {"expr": expr, "eval_time": f"{minute}m", "exp_samples": []} for expr, minute in questions.items()
        ]
        done = self._run(promtool, folder, tests)
        said = done.stdout + done.stderr
        found: dict[str, dict[str, float]] = {}
        for each in re.split(r"(?=expr: )", said.replace("\n", " ")):
            if answer := _GOT.search(each):
                samples = _SAMPLE.findall(answer["got"])
                found[answer["expr"].replace('\\"', '"')] = {labels: float(value) for labels, value in samples}
        assert found or done.returncode == 0, said
        return found

    def _run(
        self, promtool: Path, folder: Path, tests: Sequence[Mapping[str, Any]]
    ) -> subprocess.CompletedProcess[str]:
        rules: dict[str, list[dict[str, Any]]] = {}
        for group in (group for name in self.alerts for group in emitted.needed(name, self.groups)):
            kept = rules.setdefault(group["name"], [])
            kept += [rule for rule in group["rules"] if rule not in kept]
        interval = f"{self.every}m"
        groups = [{"name": name, "interval": interval, "rules": kept} for name, kept in rules.items()]
        (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": groups}))
        document = {
            "rule_files": ["rules.yaml"],
            "evaluation_interval": interval,
            "group_eval_order": sorted(rules, key=_order),
            "tests": [{"interval": "1m", "input_series": list(self.series), "promql_expr_test": list(tests)}],
        }
        (folder / "test.yaml").write_text(yaml.dump(document, width=10**9, Dumper=yaml.CSafeDumper))
        return subprocess.run(
            [promtool, "test", "rules", "test.yaml"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )


def _order(group: str) -> int:
    """What reads comes after what it reads."""
    return 0 if "reached" in group else 1 if "windows" in group else 2


def firing(minute: int, alert: str, count: int) -> dict[str, Any]:
    """That so many of an alert fire at a minute."""
    samples = [{"labels": "{}", "value": 1}] if count else []
    expr = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'
    return {"eval_time": f"{minute}m", "expr": expr, "exp_samples": samples}
