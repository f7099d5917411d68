"""What a restore refuses, and what it keeps."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.operations.failing import first_table, published, refused
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL


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
    assert database.sql("SELECT count(*) FROM approval_workflows") == [(0,)]


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
