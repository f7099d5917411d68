"""The alert on the age of secrets, by Prometheus' own engine and calendar."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
import yaml

from components.aws.secret_age import group
from components.monitoring.rules import Addresses, written
from rehearsal.engine.wire import mapping, plain
from settings.aws import AwsSecrets, seconds
from tests.aws.declared import AWS, whole
from tests.monitoring import tools
from tests.stacks.recorded import ROOT

LINKS: Final = Addresses(runbooks="https://example.com/runbooks", grafana="https://grafana", logs="https://logs")
DAY: Final = 86_400


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The judge of rules; built on a machine that has never had it."""
    return tools.PROMTOOL.provide(print) / tools.PROMTOOL.name


def settings(**changes: object) -> AwsSecrets:
    whole: Mapping[str, object] = {"rotatedOn": "1970-03-01", **changes}
    return AwsSecrets.model_validate_json(json.dumps(whole))


def judged(promtool: Path, folder: Path, own: AwsSecrets, day: str, old: Sequence[str]) -> str:
    """What promtool has against these secrets being too old on a day, and no others; its calendar begins in 1970."""
    rules, story = folder / "rules.yaml", folder / "story.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{**written(group(own), LINKS), "interval": "1d"}]}))
    expected = {
        "expr": 'count by (secret) (ALERTS{alertname="SecretTooOld",alertstate="firing"})',
        "eval_time": f"{seconds(day) // DAY}d",
        "exp_samples": [{"labels": f'{{secret="{name}"}}', "value": 1} for name in old],
    }
    tests = [{"interval": "1d", "input_series": [], "promql_expr_test": [expected]}]
    story.write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "evaluation_interval": "1d", "tests": tests}))
    command = [promtool, "test", "rules", story.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


GENERATED: Final = "what the program generates"
TURNS: Final = {"active": "b", "a": "1970-01-01", "b": "1970-04-02"}


@pytest.mark.parametrize(
    ("own", "day", "old"),
    [
        (settings(), "1970-05-30", []),
        (settings(), "1970-06-02", [GENERATED]),
        (settings(rotateAfterDays=30), "1970-04-02", [GENERATED]),
        (settings(rotatedOn="2062-11-23"), "1970-01-10", [GENERATED]),
        (settings(byHand={"external-api-keys": "1970-01-01"}), "1970-04-05", ["external-api-keys"]),
        (settings(databaseUsers=TURNS), "1970-06-02", [GENERATED]),
        (settings(databaseUsers=TURNS), "1970-07-05", [GENERATED, "the database user in use"]),
    ],
)
def test_it_asks_for_a_new_value_when_one_is_due_and_not_before(
    promtool: Path, tmp_path: Path, own: AwsSecrets, day: str, old: list[str]
) -> None:
    assert judged(promtool, tmp_path, own, day, old) == ""
    assert judged(promtool, tmp_path, own, day, [*old, "another"])


def test_the_foundation_declares_it_with_the_days_of_its_settings_and_it_has_a_runbook() -> None:
    (rule,) = [
        each
        for each in whole("production").of_kind("PrometheusRule")
        if mapping(each.inputs["metadata"])["name"] == "stratmaster-secret-age"
    ]
    own = AwsSecrets.model_validate_json(json.dumps(AWS["secrets"]))
    text = json.dumps(plain(rule.inputs))
    for day in ("2026-11-23", "2026-11-01", own.rotated_on):
        assert str(seconds(day)) in text
    assert "/docs/runbooks/SecretTooOld.md" in text
    assert (ROOT / "docs/runbooks/SecretTooOld.md").is_file()
