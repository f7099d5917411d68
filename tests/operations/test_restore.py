"""What a restore refuses, and what it keeps."""

from __future__ import annotations

import re
import signal
from contextlib import ExitStack

import psycopg
import pytest

from operations.backup import back_up
from operations.cli import STOPPED
from operations.restore import Restore, restore
from tests.operations.bucket import Bucket
from tests.operations.failing import first_table, published, refused
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL, postgresql


@pytest.mark.parametrize("change", ["cut", "altered", "gone"])
def test_a_changed_object_is_found_before_it_is_used(command: Command, filled: PostgreSQL, change: str) -> None:
    assert command("backup").code == 0
    key, client = first_table(command.bucket), command.bucket.client
    body = bytearray(command.bucket.store.get(key))
    if change == "gone":
        client.delete_object(Bucket=command.bucket.name, Key=key)
    else:
        body[len(body) // 2] ^= 1
        whole = bytes(body) if change == "altered" else bytes(body[: len(body) // 2])
        client.put_object(Bucket=command.bucket.name, Key=key, Body=whole)
    before = filled.dump()
    refused(command("verify", "--latest"), key)
    refused(command("restore", "--latest", "--force"))
    assert filled.dump() == before
    databases = filled.sql("SELECT datname FROM pg_database WHERE datname LIKE '%restored%'")
    assert databases == []


@pytest.mark.usefixtures("filled")
def test_a_date_without_a_backup_says_which_there_are(command: Command) -> None:
    assert command("backup").code == 0
    refused(command("restore", "--date", "20200101"), "no backup of 20200101", "There is one of ")


def test_restore_refuses_connected_clients_and_newer_data_unless_forced(command: Command, filled: PostgreSQL) -> None:
    assert command("backup").code == 0
    with psycopg.connect(filled.url()):
        refused(command("restore", "--latest"), "1 client is connected to stratmaster")
    filled.sql("INSERT INTO t (said) VALUES ('newer')")
    refused(command("restore", "--latest"), "rows in public.t that were written since")
    forced = command("restore", "--latest", "--force")
    assert (forced.code, forced.error) == (0, "")
    assert filled.sql("SELECT count(*) FROM t") == [(200000,)]
    ((kept,),) = filled.sql("SELECT datname FROM pg_database WHERE datname LIKE 'stratmaster_before%'")
    assert filled.sql("SELECT count(*) FROM t", database=str(kept)) == [(200001,)]
    assert len(command.bucket.manifests()) == 2, "what was there before is backed up too"


def test_deleted_rows_are_newer_data_as_well(command: Command, filled: PostgreSQL) -> None:
    assert command("backup").code == 0
    filled.sql("DELETE FROM t WHERE id = 7")
    refused(command("restore", "--latest"), "from which rows were deleted since")


@pytest.mark.usefixtures("filled")
def test_an_unchanged_database_is_restored_without_force(command: Command) -> None:
    assert command("backup").code == 0
    assert command("restore", "--latest").code == 0


def test_the_emergency_restore_needs_the_date_alone_and_checks_what_came_back(
    command: Command, database: PostgreSQL
) -> None:
    assert command("migrate").code == 0
    assert command("backup").code == 0
    day = published(command.bucket)[0].day
    database.sql("DROP TABLE mobile_notifications, approval_actions, approval_stages, approval_workflows")
    ended = command("restore", "--backup-date", day)
    assert (ended.code, ended.error) == (0, "")
    assert "the schema is this version's" in ended.output
    assert ended.output.endswith("\nhealthy\n"), "the strict health check comes last"
    assert database.sql("SELECT count(*) FROM approval_workflows") == [(0,)]


def test_an_emergency_restore_that_ends_with_an_ill_database_fails(command: Command, filled: PostgreSQL) -> None:
    assert command("migrate").code == 0
    assert command("backup").code == 0
    day = published(command.bucket)[0].day
    with ExitStack() as opened:  # over 80 of 100 connections: a threshold, which only the strict check fails for
        for _ in range(85):
            opened.enter_context(psycopg.connect(filled.url("postgres")))
        refused(command("restore", "--backup-date", day), "the strict health check of the database")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_restore_that_is_stopped_changes_nothing_and_the_next_one_clears_it_away(
    command: Command, filled: PostgreSQL, number: signal.Signals
) -> None:
    assert command("backup").code == 0
    filled.sql("INSERT INTO t (said) VALUES ('since')")
    restored = "SELECT count(*) FROM pg_database WHERE datname LIKE '%_restored_%'"
    process = command.begin("restore", "--latest", "--force")
    while filled.sql(restored, database="postgres") == [(0,)]:
        assert process.poll() is None
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in {-signal.SIGKILL, STOPPED}
    assert filled.sql("SELECT count(*) FROM t") == [(200001,)]
    if number is signal.SIGTERM:
        assert filled.sql(restored, database="postgres") == [(0,)]
    assert command("restore", "--latest", "--force").code == 0
    assert filled.sql("SELECT count(*) FROM t") == [(200000,)]
    assert filled.sql(restored, database="postgres") == [(0,)]


def test_a_power_cut_right_after_a_restore_loses_none_of_it(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither the server nor its roles wait for the disk, and nothing else flushes the WAL for a while."""
    settings = {"fsync": "on", "synchronous_commit": "off", "wal_writer_delay": "'10s'"}
    with postgresql(16, settings) as server:
        monkeypatch.setenv("POSTGRES_BIN", str(server.binaries))
        server.sql("CREATE DATABASE stratmaster", database="postgres")
        server.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n", "CREATE INDEX ON t (n)", "CHECKPOINT")
        before = server.dump()
        manifest = back_up(server.at(), bucket.store, workers=2, proof=None)
        server.sql("TRUNCATE t", "CHECKPOINT")
        restore(
            Restore(
                server=server.at(),
                store=bucket.store,
                manifest=manifest,
                force=True,
                create_roles=False,
                workers=2,
                report=print,
            )
        )
        server.kill()
        server.start()
        assert server.dump() == before


@pytest.mark.usefixtures("filled")
def test_a_restore_that_is_run_again_goes_back_to_the_same_backup(command: Command, filled: PostgreSQL) -> None:
    assert command("backup").code == 0
    filled.sql("TRUNCATE t")  # the accident
    first = command("restore", "--latest", "--force")
    assert "200001 rows" in first.output, first.error
    safety = re.search(r"restore --id (\S+)", first.output)
    assert safety, first.output
    again = command("restore", "--latest", "--force")
    assert "200001 rows" in again.output, "what was backed up of the accident is newer, and not what is meant"
    back = command("restore", "--id", safety.group(1), "--force")
    assert "1 rows" in back.output, back.error
