"""A database that came back and isn't well: the drill's check finds it, whatever reads only what it asks for."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from operations import drill
from operations.errors import OperationError
from tests.operations.servers import WITHOUT_15, PostgreSQL, installed, postgresql

pytestmark = pytest.mark.skipif(not installed(15), reason=WITHOUT_15)
PAGE = 8192


@pytest.fixture(scope="module")
def checked() -> Generator[PostgreSQL]:
    with postgresql(15, {"autovacuum": "off"}) as server:
        server.sql("CREATE DATABASE stratmaster", database="postgres")
        yield server


@pytest.fixture
def table(checked: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> PostgreSQL:
    monkeypatch.setenv("POSTGRES_BIN", str(checked.binaries))
    checked.sql(
        "DROP TABLE IF EXISTS t",
        "CREATE TABLE t (id int, said text)",
        "INSERT INTO t SELECT n, md5(n::text) FROM generate_series(1, 2000) n",
        "CREATE INDEX by_said ON t (said)",
    )
    return checked


def damage(server: PostgreSQL, relation: str, at: int, bytes_: bytes) -> None:
    """Write over a part of a relation's file while the server is down."""
    (row,) = server.sql(f"SELECT pg_relation_filepath('{relation}')")
    server.stop()
    with (server.data / str(row[0])).open("r+b") as file:
        file.seek(at)
        file.write(bytes_)
    server.start()


def test_a_sound_database_passes(table: PostgreSQL) -> None:
    assert "pg_amcheck has nothing against" in drill.check(table.at())


def test_an_index_in_the_wrong_order_is_found(table: PostgreSQL) -> None:
    (row,) = table.sql("SELECT pg_relation_filepath('by_said')")
    table.stop()
    with (table.data / str(row[0])).open("r+b") as file:
        file.seek(PAGE + 24)  # the first leaf's line pointers: exchange the second and the third
        pointers = file.read(16)
        file.seek(PAGE + 24)
        file.write(pointers[:4] + pointers[8:12] + pointers[4:8] + pointers[12:])
    table.start()
    assert table.sql("SELECT count(*) FROM t") == [(2000,)], "reading the table alone finds nothing"
    with pytest.raises(OperationError, match=r"pg_amcheck failed.*by_said"):
        drill.check(table.at())


def test_a_damaged_table_is_found(table: PostgreSQL) -> None:
    damage(table, "t", PAGE + PAGE - 200, b"\xff" * 150)
    with pytest.raises(OperationError, match=r'pg_amcheck failed.*table ".*t"'):
        drill.check(table.at())


def test_an_index_that_lacks_a_row_is_found(table: PostgreSQL) -> None:
    # A row that the index never heard of: what a lost write leaves behind.
    table.sql(
        "UPDATE pg_index SET indisready = false, indisvalid = true WHERE indexrelid = 'by_said'::regclass",
        "INSERT INTO t VALUES (0, 'unheard of')",
        "UPDATE pg_index SET indisready = true WHERE indexrelid = 'by_said'::regclass",
    )
    with pytest.raises(OperationError, match=r"pg_amcheck failed.*by_said"):
        drill.check(table.at())
