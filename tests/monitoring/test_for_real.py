"""A real Prometheus, with the rules that the program emits, scrapes a real PostgreSQL's and Redis' exporters and a stub
of the application: a fault put into one of them becomes the right alert.

Seen is that the alert's expression holds (`pending` or `firing`); how long it then waits is what promtool's stories
show, and no test should sit ten minutes for.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from components.monitoring import job_metrics
from components.monitoring.metric_sources import SCRAPED_METRICS
from components.monitoring.postgres_queries import metric_names
from operations import metrics
from operations.records import home_of, recorded
from tests.monitoring import debian
from tests.monitoring.live_site import Watched, queries, standing
from tests.monitoring.prometheus import metrics_of, process, text, until
from tests.operations.servers import free_port


@pytest.fixture(scope="module")
def watched(prometheus: Path) -> Iterator[Watched]:
    with standing(
        prometheus, *(debian.needed(f"prometheus-{name}-exporter") for name in ("postgres", "redis"))
    ) as found:
        yield found


def test_every_rule_can_be_evaluated_and_while_all_is_well_none_holds(watched: Watched) -> None:
    time.sleep(15)
    assert watched.prometheus.failing_rules() == []
    assert watched.prometheus.alerts() == {}


def test_the_exporters_serve_what_the_rules_read(watched: Watched) -> None:
    served = {name: metrics_of(url) for name, url in watched.exporters.items()}
    # A database without replicas has none to tell of.
    assert SCRAPED_METRICS["postgres_exporter"] - served["postgres"] == {"stratmaster_replica_lag_seconds"}
    assert metric_names() & served["postgres"]
    assert SCRAPED_METRICS["redis_exporter"] <= served["redis"]


def test_prometheus_serves_what_the_rules_on_it_read(watched: Watched) -> None:
    of_its_engine = {"ALERTS", "up"}
    served = metrics_of(f"{watched.prometheus.url}/metrics")
    assert SCRAPED_METRICS["prometheus"] - served == of_its_engine


def test_a_node_serves_what_the_rules_on_it_read() -> None:
    port = free_port()
    with process(debian.needed("prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}"):
        address = f"http://127.0.0.1:{port}/metrics"
        until(lambda: "node_cpu_seconds_total" in text(address), lambda: "the exporter isn't there")
        lines = text(address).splitlines()
        assert SCRAPED_METRICS["node_exporter"] <= metrics_of(address)
    assert any(line.startswith("node_cpu_seconds_total{") and 'mode="idle"' in line for line in lines)
    (disk, *_) = (line for line in lines if line.startswith("node_filesystem_avail_bytes{"))
    assert "fstype=" in disk
    assert "mountpoint=" in disk


def test_the_table_of_runs_is_served_as_the_rules_read_it(watched: Watched, tmp_path: Path) -> None:
    server = watched.postgres.at()
    with recorded(server, metrics.BACKUP) as done:
        done.size = 4096
    with recorded(server, metrics.SCAN) as scanned:
        scanned.detail = {"ghcr.io/api:v1 critical": 2}
    (tmp_path / "queries.yaml").write_text(queries("job-queries.yaml"))
    port = free_port()
    flags = ("--disable-default-metrics", "--disable-settings-metrics", f"--web.listen-address=127.0.0.1:{port}")
    url = f"{watched.postgres.url(home_of(server).database)}&sslmode=disable"
    exporter = debian.program("prometheus-postgres-exporter")
    with process(exporter, *flags, f"--extend.query-path={tmp_path / 'queries.yaml'}", DATA_SOURCE_NAME=url):
        address = f"http://127.0.0.1:{port}/metrics"
        until(lambda: "stratmaster_job" in text(address), lambda: "the exporter's metrics")
        lines = text(address).splitlines()
    served = {line.split("{")[0].split(" ")[0] for line in lines}
    assert served >= job_metrics.NAMES
    assert any(
        line.startswith("stratmaster_job_last_size_bytes{") and 'operation="backup"' in line and line.endswith(" 4096")
        for line in lines
    )
    found = 'stratmaster_image_findings{image="ghcr.io/api:v1",'
    assert any(line.startswith(found) and 'severity="critical"' in line and line.endswith(" 2") for line in lines)


def test_an_exporter_that_may_not_look_everywhere_says_so(watched: Watched, tmp_path: Path) -> None:
    watched.postgres.sql("CREATE ROLE looks LOGIN", database="postgres")
    (tmp_path / "queries.yaml").write_text(queries())
    port = free_port()
    url = f"{watched.postgres.url()}&sslmode=disable".replace("//postgres@", "//looks@")
    flags = (f"--web.listen-address=127.0.0.1:{port}", f"--extend.query-path={tmp_path / 'queries.yaml'}")
    with process(debian.program("prometheus-postgres-exporter"), *flags, DATA_SOURCE_NAME=url):
        address = f"http://127.0.0.1:{port}/metrics"
        until(lambda: "pg_up 1" in text(address), lambda: "the exporter's metrics")
        assert "pg_exporter_last_scrape_error 1" in text(address).splitlines()
        assert "stratmaster_wal_oldest_waiting_seconds" not in text(address)


def test_failing_requests_become_the_guides_alert(watched: Watched) -> None:
    watched.app.failing = 0.2
    watched.prometheus.wait_for("HighErrorRate")
    watched.app.failing = 0.0
    description = watched.prometheus.alerts()["HighErrorRate"]["annotations"]["description"]
    assert "% of the requests failed" in description


def test_slow_answers_become_an_alert_on_slowness(watched: Watched) -> None:
    watched.app.seconds = 2.0
    watched.prometheus.wait_for("ApiSlowP95")
    watched.app.seconds = 0.1


def test_many_connections_become_the_guides_other_alert(watched: Watched) -> None:
    held = [psycopg.connect(watched.postgres.url()) for _ in range(95)]
    try:
        watched.prometheus.wait_for("DatabaseConnectionHigh")
        watched.prometheus.wait_for("DatabaseConnectionsNearMaximum")
    finally:
        for each in held:
            each.close()
    watched.prometheus.wait_until_over("DatabaseConnectionHigh")


def test_stopped_archiving_becomes_an_alert(watched: Watched) -> None:
    watched.postgres.sql("ALTER SYSTEM SET archive_command = 'false'", "SELECT pg_reload_conf()", database="postgres")
    watched.postgres.sql(
        "CREATE TABLE IF NOT EXISTS moved (n int)", "INSERT INTO moved VALUES (1)", "SELECT pg_switch_wal()"
    )
    watched.prometheus.wait_for("WalArchivingFailing")


def test_a_database_that_hangs_becomes_a_page(watched: Watched) -> None:
    everybody = [int(line) for line in (watched.postgres.data / "postmaster.pid").read_text().splitlines()[:1]]
    with psycopg.connect(watched.postgres.url(), autocommit=True) as connection:
        rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
    everybody += [int(number) for (number,) in rows]
    for number in everybody:
        os.kill(number, signal.SIGSTOP)
    try:
        watched.prometheus.wait_for("PostgresDown")
    finally:
        for number in everybody:
            os.kill(number, signal.SIGCONT)
    watched.prometheus.wait_until_over("PostgresDown")


def test_a_database_that_is_gone_becomes_a_page(watched: Watched) -> None:
    watched.postgres.stop("immediate")
    watched.prometheus.wait_for("PostgresDown")
    assert watched.prometheus.alerts()["PostgresDown"]["labels"]["severity"] == "page"
