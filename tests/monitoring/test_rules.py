"""What holds for every rule: Prometheus' linter is content, and whoever is woken finds a page and a picture."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Final

import pytest
import yaml

from components import flows
from components.monitoring import postgres_exporter
from components.monitoring.live import MAINTENANCE, WEIGHT
from components.monitoring.postgres_queries import QUERIES
from operations.cli import parser
from operations.metrics import METRICS
from settings.loading import ROLES
from tests.monitoring import emitted
from tests.stacks.recorded import run

ROOT: Final = Path(__file__).parents[2]
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
ALERTS: Final = sorted(emitted.alerts())
KEYS: Final = [{field.alias or name for name, field in model.model_fields.items()} for model in ROLES.values()]


@pytest.mark.parametrize("source", ["gateway", "ingress", "application"])
def test_promtool_finds_nothing_to_mend_whoever_counts_the_requests(
    source: str, promtool: Path, tmp_path: Path
) -> None:
    recording = run("production", changes={"monitoring": {"requests": source, "businessMetrics": emitted.ALL_BUSINESS}})
    assert recording.error is None
    rules = tmp_path / "rules.yaml"
    found = emitted.groups_of(emitted.declared(recording, "PrometheusRule"))
    rules.write_text(yaml.safe_dump({"groups": found}))
    done = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", rules], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(len(group['rules']) for group in found)} rules found" in done.stdout


def test_no_two_groups_and_no_two_rules_share_a_name() -> None:
    names = [group["name"] for group in emitted.groups()]
    assert len(names) == len(set(names))
    rules = [
        (rule.get("alert") or rule["record"], str(rule.get("labels", "")))
        for g in emitted.groups()
        for rule in g["rules"]
    ]
    assert len(rules) == len(set(rules))


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_runbook_of_its_own_that_says_what_it_means_how_to_look_and_what_to_do(alert: str) -> None:
    link = emitted.alerts()[alert]["annotations"]["runbook_url"]
    assert link.endswith(f"/docs/runbooks/{alert}.md")
    page = (RUNBOOKS / f"{alert}.md").read_text()
    assert page.startswith(f"# {alert}\n")
    for heading, words in (("## What it means", 15), ("## How to look", 5), ("## What to do", 10)):
        before, _, after = page.partition(heading)
        assert before, heading
        assert len(after.split("\n## ")[0].split()) >= words, heading
    assert "```" in page


@pytest.mark.parametrize("alert", ALERTS)
def test_what_a_runbook_links_to_is_there_and_every_command_of_ours_is_one(alert: str) -> None:
    page = (RUNBOOKS / f"{alert}.md").read_text()
    for link in re.findall(r"\]\((\w+\.md)\)", page):
        assert (RUNBOOKS / link).exists(), link
    for command in re.findall(r"python -m operations ([^`\n#]+)", page):
        arguments = shlex.split(command.split("&&")[0].strip().rstrip(".;:,"))
        if arguments:
            parser().parse_args(arguments)
    for key in re.findall(r"`stratmaster:([\w.]+)`", page):
        top = key.split(".")[0]
        assert any(top in model for model in KEYS), key


ELSEWHERE: Final = {"SecretTooOld"}
"""Alerts that only another setting emits: components/aws/secret_age.py, whose stories are in tests/aws."""


def test_no_runbook_is_left_of_an_alert_that_is_gone() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("*.md")} - {"README"}
    assert pages - ELSEWHERE == set(ALERTS)


def test_the_exporters_groups_of_queries_and_its_second_port_have_one_meaning() -> None:
    assert not set(QUERIES) & {metric.group for metric in METRICS}
    assert postgres_exporter.JOBS_PORT == flows.JOB_METRICS_PORT


def test_traffic_says_what_is_live_as_constants() -> None:
    (live,) = emitted.groups_of(emitted.objects("traffic", "PrometheusRule"))
    assert live["rules"] == [
        {"record": WEIGHT, "expr": "vector(100)", "labels": {"slot": "blue"}},
        {"record": WEIGHT, "expr": "vector(0)", "labels": {"slot": "green"}},
        {"record": MAINTENANCE, "expr": "vector(0)"},
    ]


def test_in_maintenance_traffic_says_so() -> None:
    recording = run("traffic", maintenance="true")
    (group,) = emitted.groups_of(emitted.declared(recording, "PrometheusRule"))
    assert group["rules"][-1] == {"record": MAINTENANCE, "expr": "vector(1)"}


def test_rules_without_a_metric_are_off_and_the_object_names_them() -> None:
    recording = run("production")
    names = {each["metadata"]["name"] for each in emitted.declared(recording, "PrometheusRule")}
    assert "stratmaster-business" not in names
    said = " ".join(each.message for each in recording.diagnostics)
    for alert in ("SessionsDropped", "WorkflowsFailing", "InferenceSlow", "ApprovalsSlow", "ComplianceLow"):
        assert alert in said
