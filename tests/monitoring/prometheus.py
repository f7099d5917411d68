"""A real Prometheus with rules that the program emits, and programs beside it that run meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from tests.operations.servers import free_port

PATIENCE_SECONDS: Final = 90.0
# Whole rooms that no site of these tests has; their absence is what these alerts tell.
ABSENT: Final = ("Unwatched", "SliAbsent", "NeverRan", "TrafficStateUnknown", "Watchdog", "MaintenanceOn")


@contextmanager
def process(*command: str | Path, **variables: str) -> Generator[subprocess.Popen[bytes]]:
    """A program that runs meanwhile."""
    with subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def text(url: str) -> str:
    """What a page says."""
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - an address of this test's own
        return cast("bytes", response.read()).decode()


def metrics_of(url: str) -> set[str]:
    """The names of what a program serves."""
    return {line.split("{")[0].split(" ")[0] for line in text(url).splitlines() if not line.startswith("#")}


def until(what: Callable[[], bool], said: Callable[[], object]) -> None:
    """Wait for something; fail with what is said then."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.5)
    pytest.fail(f"not within {PATIENCE_SECONDS:g} s: {said()}", pytrace=False)


@dataclass(frozen=True)
class Prometheus:
    """One that runs.

    Args:
        url: where.
    """

    url: str

    def holding(self) -> list[Mapping[str, Any]]:
        """Alerts whose expression holds, but those on what isn't here."""
        found = cast("dict[str, Any]", json.loads(text(f"{self.url}/api/v1/alerts")))["data"]["alerts"]
        return [each for each in found if not any(word in each["labels"]["alertname"] for word in ABSENT)]

    def alerts(self) -> dict[str, Mapping[str, Any]]:
        """The same by name, one of each."""
        return {each["labels"]["alertname"]: each for each in self.holding()}

    def failing_rules(self) -> list[str]:
        """Rules that could not be evaluated, and why."""
        groups = json.loads(text(f"{self.url}/api/v1/rules"))["data"]["groups"]
        return [f"{rule['name']}: {rule['lastError']}" for g in groups for rule in g["rules"] if rule.get("lastError")]

    def wait_for(self, alert: str) -> None:
        """Until it holds."""
        until(lambda: alert in self.alerts(), lambda: f"{alert}; there is {sorted(self.alerts())}")

    def wait_until_over(self, alert: str) -> None:
        """Until it doesn't."""
        until(lambda: alert not in self.alerts(), lambda: f"{alert} goes on")


@contextmanager
def watching(
    binary: Path, folder: Path, jobs: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> Generator[Prometheus]:
    """One that scrapes these jobs every two seconds, and evaluates every group each second.

    Nobody takes its alerts: an Alertmanager that isn't there makes it count what it can't send.
    """
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": [{**group, "interval": "1s"} for group in groups]}))
    configuration = {
        "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": list(jobs),
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:9"]}]}]},
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    port = free_port()
    flags = (
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with process(binary, *flags):
        found = Prometheus(f"http://127.0.0.1:{port}")
        until(lambda: bool(text(f"{found.url}/-/ready")), lambda: "Prometheus isn't ready")
        yield found
