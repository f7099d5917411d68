"""Migrations on a real server: one at a time, all or nothing, never twice, and what stops them."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from components.database_cluster import RESTORE_POINTS
from operations import ledger, migrate, migrations
from operations.errors import OperationError
from tests.operations.bucket import Bucket
from tests.operations.failing import published
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL, postgresql
from tests.waiting import eventually


def folder(place: Path, *steps: tuple[str, str]) -> Path:
    """A folder of migrations: phase and SQL of each."""
    (place / "migrations").mkdir(parents=True)
    (place / "rollback").mkdir()
    for number, (phase, sql) in enumerate(steps, start=1):
        (place / "migrations" / f"{number:03}_step.sql").write_text(f"-- phase: {phase}\n{sql}\n")
        (place / "rollback" / f"rollback_{number:03}.sql").write_text("SELECT 1;\n")
    return place


def run(database: PostgreSQL, known: Sequence[migrations.Migration], *, contract: bool = False) -> list[str]:
    """Apply what is due; the lines of its log."""
    said: list[str] = []
    with migrate.primary(database.at()) as connection:
        due = migrate.due(ledger.state(connection, known).pending, contract=contract)
        migrate.apply(connection, due, said.append)
    return said


def names(database: PostgreSQL) -> list[object]:
    return [name for (name,) in database.sql("SELECT name FROM schema_migrations ORDER BY name")]


def test_a_dry_run_writes_nothing_and_names_what_is_pending(command: Command, database: PostgreSQL) -> None:
    before = database.dump()
    ended = command("migrate", "--dry-run")
    assert (ended.code, database.dump()) == (0, before)
    assert "would apply 001_analytics_and_workflows.sql (expand)" in ended.output
    assert command("migrate", "verify").code == 1


def test_migrating_twice_applies_once(command: Command, database: PostgreSQL) -> None:
    first, second = command("migrate"), command("migrate", "--verbose")
    assert (first.code, second.code) == (0, 0)
    assert "applied 001_analytics_and_workflows.sql" in first.output
    assert "nothing to apply" in second.output
    assert command("migrate", "verify").code == 0
    assert names(database) == ["001_analytics_and_workflows.sql"]


def test_the_newest_migration_is_rolled_back_by_its_number(command: Command, database: PostgreSQL) -> None:
    command("migrate")
    refused, done = command("migrate", "rollback", "2"), command("migrate", "rollback", "1")
    assert (refused.code, done.code) == (1, 0)
    assert "migration 002 is not applied" in refused.error
    assert names(database) == []
    assert database.sql("SELECT to_regclass('public.approval_workflows')") == [(None,)]


def test_before_a_change_to_data_a_backup_is_taken_when_there_is_none(command: Command, database: PostgreSQL) -> None:
    database.sql("CREATE TABLE precious (id int)")
    ended = command("migrate")
    assert ended.code == 0, ended.error
    assert "no backup of the last 24 hours, so one is taken now" in ended.output
    assert len(command.bucket.manifests()) == 1


def test_a_way_back_that_is_there_is_used_by_the_applications_own_role(bucket: Bucket) -> None:
    with postgresql(16, {"archive_mode": "on", "archive_command": "'true'", "archive_timeout": "5s"}) as server:
        server.sql("CREATE ROLE stratmaster LOGIN CREATEDB", RESTORE_POINTS, database="postgres")
        server.sql("CREATE DATABASE stratmaster OWNER stratmaster", database="postgres")
        server.sql("CREATE TABLE precious (id int)", "ALTER TABLE precious OWNER TO stratmaster")
        assert Command(server=server, bucket=bucket)("backup").code == 0
        (backup,) = published(bucket)
        server.sql("SELECT pg_switch_wal()")
        for _ in range(100):
            if server.sql("SELECT last_archived_time IS NOT NULL FROM pg_stat_archiver") == [(True,)]:
                break
            time.sleep(0.1)
        url = server.url().replace("postgres@", "stratmaster@")
        ended = Command(server=server, bucket=bucket, variables={"POSTGRES_URL": url})("migrate")
        assert ended.code == 0, ended.error
        assert f"the way back: backup {backup.id}, and the restore point before 001_" in ended.output
        assert len(bucket.manifests()) == 1, "none is taken where one is there"


def test_a_failing_migration_leaves_nothing_and_stops_those_behind_it(database: PostgreSQL, tmp_path: Path) -> None:
    known = migrations.read(
        folder(
            tmp_path,
            ("expand", "CREATE TABLE one (id int);"),
            ("expand", "CREATE TABLE two (id int); SELECT 1/0;"),
            ("expand", "CREATE TABLE three (id int);"),
        )
    )
    with pytest.raises(OperationError, match=r"002_step.sql failed: division by zero"):
        run(database, known)
    assert names(database) == ["001_step.sql"]
    assert database.sql("SELECT to_regclass('two'), to_regclass('three')") == [(None, None)]


def test_an_edited_migration_is_refused_by_name(database: PostgreSQL, tmp_path: Path) -> None:
    known = migrations.read(folder(tmp_path / "then", ("expand", "SELECT 1;")))
    run(database, known)
    edited = migrations.read(folder(tmp_path / "now", ("expand", "SELECT 2;")))
    with pytest.raises(OperationError, match=r"001_step.sql was edited after it was applied"):
        run(database, edited)


def test_an_older_version_accepts_newer_expand_steps_and_refuses_newer_contract_steps(
    database: PostgreSQL, tmp_path: Path
) -> None:
    first = ("expand", "SELECT 1;")
    old = migrations.read(folder(tmp_path / "old", first))
    newer = migrations.read(folder(tmp_path / "newer", first, ("expand", "SELECT 2;")))
    newest = migrations.read(folder(tmp_path / "newest", first, ("expand", "SELECT 2;"), ("contract", "SELECT 3;")))
    run(database, newer)
    assert run(database, old) == []
    run(database, newest, contract=True)
    with pytest.raises(OperationError, match=r"003_step.sql is a contract step of a newer version"):
        run(database, old)


def test_contract_steps_wait_until_they_are_allowed(database: PostgreSQL, tmp_path: Path) -> None:
    steps = (("expand", "SELECT 1;"), ("contract", "SELECT 2;"), ("expand", "SELECT 3;"))
    known = migrations.read(folder(tmp_path, *steps))
    run(database, known)
    assert names(database) == ["001_step.sql", "003_step.sql"]
    run(database, known, contract=True)
    assert names(database) == ["001_step.sql", "002_step.sql", "003_step.sql"]


def test_two_at_once_apply_each_migration_once(database: PostgreSQL, tmp_path: Path) -> None:
    known = migrations.read(folder(tmp_path, ("expand", "SELECT pg_sleep(0.5); CREATE TABLE once (id int);")))
    logs: list[list[str]] = []
    threads = [threading.Thread(target=lambda: logs.append(run(database, known))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(log) for log in logs) == [0, 0, 0, 1]


def test_who_waits_too_long_for_another_migration_gives_up(database: PostgreSQL) -> None:
    with (
        migrate.primary(database.at()),
        pytest.raises(OperationError, match="another migration of stratmaster has been running"),
        migrate.primary(database.at(), wait_seconds=0.3),
    ):
        pass


def test_a_held_lock_is_not_waited_for_for_long(
    database: PostgreSQL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(migrate.SETTINGS, "lock_timeout", "300ms")
    database.sql("CREATE TABLE busy (id int)")
    known = migrations.read(folder(tmp_path, ("expand", "ALTER TABLE public.busy ADD COLUMN note text;")))
    with psycopg.connect(database.url()) as holder:
        holder.execute("LOCK TABLE busy")
        with pytest.raises(OperationError, match="waited 300ms for a lock and gave up"):
            run(database, known)
    run(database, known)
    assert names(database) == ["001_step.sql"]


def test_a_migration_that_commits_by_itself_is_found_out(database: PostgreSQL, tmp_path: Path) -> None:
    known = migrations.read(folder(tmp_path, ("expand", "CREATE TABLE half (id int); COMMIT; BEGIN;")))
    with pytest.raises(OperationError, match="ends its transaction itself"):
        run(database, known)


def test_a_killed_migration_leaves_nothing(database: PostgreSQL, tmp_path: Path) -> None:
    known = migrations.read(folder(tmp_path, ("expand", "CREATE TABLE half (id int); SELECT pg_sleep(30);")))
    failed: list[str] = []

    def attempt() -> None:
        with pytest.raises(OperationError) as caught:
            run(database, known)
        failed.append(caught.value.what)

    thread = threading.Thread(target=attempt)
    thread.start()
    # By what it waits for: this query's own text names it too, and the last one's backend may still be on its way out.
    sleeping = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    eventually(lambda: bool(database.sql(sleeping)), "the migration sleeps")
    thread.join()
    assert failed
    assert database.sql("SELECT to_regclass('half'), to_regclass('schema_migrations')") == [(None, None)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("001_step.sql", "SELECT 1;", "doesn't say what it is"),
        ("001-step.sql", "-- phase: expand\n", "is no migration's name"),
        ("002_step.sql", "-- phase: expand\n", "comes where number 001 should"),
        ("003_step.sql", "-- phase: expand\n", "has no rollback"),
    ],
)
def test_a_file_that_is_no_whole_migration_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    place = folder(tmp_path)
    (place / "migrations" / name).write_text(text)
    for number in (1, 2):
        (place / "rollback" / f"rollback_{number:03}.sql").write_text("SELECT 1;")
    with pytest.raises(OperationError, match=said):
        migrations.read(place)
