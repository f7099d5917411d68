"""Who is told of what: the emitted AlertmanagerConfig, translated by the Prometheus operator, asked by amtool."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from rehearsal.engine.record import Recording
from rehearsal.engine.wire import plain
from tests.monitoring import emitted
from tests.stacks.recorded import run

NAMESPACE: Final = "stratmaster-production"
PREFIX: Final = f"{NAMESPACE}/stratmaster/"
WEBHOOK: Final = {"name": "alerting-credentials-sealed", "key": "slack-webhook-url"}
PAGER: Final = {"name": "alerting-credentials-sealed", "key": "pagerduty-routing-key"}
MAIL: Final = {
    "platform": "platform-team@company.com",
    "database": "db-team@company.com",
    "security": "security-team@company.com",
}


def routed(contacts: dict[str, Any]) -> Recording:
    """The foundation with these contacts."""
    recording = run("production", changes={"monitoring": {"contacts": contacts}})
    assert recording.error is None, recording.error
    return recording


@cache
def translated(operator: Path, *, pager: bool) -> dict[str, Any]:
    """What Alertmanager is given."""
    configs = [plain(each.inputs) for each in routed({"pagerDuty": pager}).of_kind("AlertmanagerConfig")]
    data = {WEBHOOK["key"]: _encoded("https://hooks.example/x"), PAGER["key"]: _encoded("canary-routing-key")}
    secrets = [{"metadata": {"name": WEBHOOK["name"], "namespace": NAMESPACE}, "data": data}]
    done = subprocess.run(
        [operator],
        input=json.dumps({"configs": configs, "secrets": secrets}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return cast("dict[str, Any]", yaml.safe_load(done.stdout))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def config(operator: Path, tmp_path: Path) -> Path:
    """Alertmanager's configuration as a file."""
    file = tmp_path / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(translated(operator, pager=True)))
    return file


def labels_of(alert: str, **more: str) -> dict[str, str]:
    """The labels that an alert fires with."""
    return {"alertname": alert, **emitted.alerts()[alert]["labels"], **more}


def reached(amtool: Path, config: Path, labels: dict[str, str]) -> list[str]:
    """The receivers that amtool says an alert goes to."""
    command = [amtool, "config", "routes", "test", f"--config.file={config}"]
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in labels.items())], capture_output=True, text=True, check=True
    )
    return [name.removeprefix(PREFIX) for name in done.stdout.strip().split(",")]


def test_alertmanager_takes_what_the_operator_makes_of_it(amtool: Path, config: Path) -> None:
    done = subprocess.run([amtool, "check-config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 receivers" in done.stdout


@pytest.mark.parametrize("alert", sorted(emitted.alerts()))
def test_every_alert_reaches_its_team_and_a_page_the_engineer_on_call_too(
    alert: str, amtool: Path, config: Path
) -> None:
    labels = labels_of(alert)
    expected = {"page": ["on-call", labels["owner"]], "ticket": [labels["owner"]], "info": ["nobody"]}
    wanted = ["watchdog"] if alert == "Watchdog" else expected[labels["severity"]]
    assert reached(amtool, config, labels) == wanted


def test_a_receiver_is_its_teams_address_and_the_channel(operator: Path) -> None:
    receivers = {each["name"].removeprefix(PREFIX): each for each in translated(operator, pager=True)["receivers"]}
    for owner, address in MAIL.items():
        assert [mail["to"] for mail in receivers[owner]["email_configs"]] == [address]
        (slack,) = receivers[owner]["slack_configs"]
        assert (slack["channel"], slack["api_url"]) == ("#stratmaster-alerts", "https://hooks.example/x")
    (pager,) = receivers["on-call"]["pagerduty_configs"]
    assert pager["routing_key"] == "canary-routing-key"
    assert "+1-555-662-2255" in str(pager["details"])
    for silent in ("nobody", "watchdog"):
        assert set(receivers[silent]) == {"name"}


def test_without_a_pager_a_page_is_mail_that_names_the_number_to_call(operator: Path) -> None:
    receivers = {each["name"].removeprefix(PREFIX): each for each in translated(operator, pager=False)["receivers"]}
    (mail,) = receivers["on-call"]["email_configs"]
    assert mail["to"] == "platform-team@company.com"
    assert "+1-555-662-2255" in mail["headers"]["Subject"]


def test_an_alert_that_is_not_of_this_namespace_is_somebody_elses(amtool: Path, config: Path) -> None:
    assert reached(amtool, config, {**labels_of("PostgresDown"), "namespace": "elsewhere"}) == ["null"]


ELSEWHERE: Final = {"name": "ours", "key": "routing"}


@pytest.mark.parametrize(
    ("contacts", "named"),
    [
        ({}, [WEBHOOK]),
        ({"pagerDuty": True}, [PAGER, WEBHOOK]),
        ({"pagerDuty": ELSEWHERE}, [ELSEWHERE, WEBHOOK]),
        ({"slackWebhook": ELSEWHERE}, [ELSEWHERE]),
    ],
    ids=["nobody said any", "the stack's own pager", "another pager", "another webhook"],
)
def test_credentials_are_named_never_written_and_those_of_the_stack_are_there(
    contacts: dict[str, Any], named: list[dict[str, str]]
) -> None:
    recording = routed(contacts)
    (config,) = emitted.declared(recording, "AlertmanagerConfig")
    found = [each for each in _references(config) if each in (*named, WEBHOOK, PAGER)]
    assert sorted({each["name"] + each["key"] for each in found}) == sorted(
        each["name"] + each["key"] for each in named
    )
    sealed = {each["metadata"]["name"]: each["spec"] for each in emitted.declared(recording, "SealedSecret")}
    for each in named:
        assert each == ELSEWHERE or each["key"] in sealed[each["name"]]["encryptedData"]


def _references(value: object) -> list[dict[str, str]]:
    """Every {name, key} in a document."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        inner = [each for field in fields.values() for each in _references(field)]
        return [cast("dict[str, str]", fields), *inner] if set(fields) == {"name", "key"} else inner
    return (
        [each for item in cast("list[object]", value) for each in _references(item)] if isinstance(value, list) else []
    )


def silences(rules: list[dict[str, Any]], source: dict[str, str], target: dict[str, str]) -> bool:
    """Whether one alert inhibits another, by Alertmanager's rule: both match, and the `equal` labels are the same."""

    def matches(matchers: list[str], labels: dict[str, str]) -> bool:
        parsed = (re.fullmatch(r'"?([^"=~!]+)"?(=~|=)"(.*)"', each) for each in matchers)
        return all(
            one is not None
            and (
                re.fullmatch(one[3], labels.get(one[1], "")) is not None
                if one[2] == "=~"
                else labels.get(one[1], "") == one[3]
            )
            for one in parsed
        )

    return any(
        matches(rule["source_matchers"], source)
        and matches(rule["target_matchers"], target)
        and all(source.get(label, "") == target.get(label, "") for label in rule.get("equal", []))
        for rule in rules
    )


IN_BLUE: Final = {"workload_namespace": "stratmaster-blue"}
SILENCED: Final = (
    (labels_of("ApiErrorsBurn14x"), labels_of("ApiErrorsBurn1x")),
    (labels_of("ApiAvailabilityBurn6x"), labels_of("ApiErrorsBurn14x")),
    (labels_of("MaintenanceOn"), labels_of("ApiUnreachable")),
    (labels_of("MaintenanceOn"), labels_of("LiveSlotSilent", slot="blue")),
    (labels_of("ContainerMemoryCritical", **IN_BLUE), labels_of("ContainerMemoryHigh", **IN_BLUE)),
    (labels_of("PostgresDown", instance="a"), labels_of("DatabaseConnectionHigh", instance="a")),
)
TOLD: Final = (
    (labels_of("ApiErrorsBurn14x"), labels_of("ApiLatencyP95Burn1x")),
    (labels_of("ApiErrorsBurn3x"), labels_of("ApiErrorsBurn1x")),
    (labels_of("MaintenanceOn"), labels_of("PostgresDown")),
    (labels_of("MaintenanceOn"), labels_of("BackupTooOld")),
    (
        labels_of("ContainerMemoryCritical", **IN_BLUE),
        labels_of("ContainerMemoryHigh", workload_namespace="stratmaster-green"),
    ),
    (labels_of("PostgresDown", instance="a"), labels_of("RedisMemoryHigh", instance="b")),
    (labels_of("BackupTooOld"), labels_of("SchemaBackupTooOld")),
)


def test_a_page_silences_its_own_tickets_and_maintenance_what_it_causes(operator: Path) -> None:
    rules = cast("list[dict[str, Any]]", translated(operator, pager=True)["inhibit_rules"])
    assert [pair for pair in SILENCED if not silences(rules, *pair)] == []
    assert [pair for pair in TOLD if silences(rules, *pair)] == []


def test_nothing_silences_a_page_but_maintenance_and_the_wider_objective(operator: Path) -> None:
    rules = cast("list[dict[str, Any]]", translated(operator, pager=True)["inhibit_rules"])
    pages = [labels_of(alert) for alert, rule in emitted.alerts().items() if rule["labels"]["severity"] == "page"]
    found = {
        (source["alertname"], target["alertname"])
        for source in pages
        for target in pages
        if silences(rules, source, target)
    }
    assert {source.partition("Burn")[0] for source, _ in found} == {"ApiAvailability"}
    assert {target.partition("Burn")[0] for _, target in found} == {"ApiErrors"}
