"""A backup on its way into an empty database: definitions, rows by several workers, then indexes and constraints.

A large table's indexes are built as soon as it has its rows, while others still get theirs: no core waits for a table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from psycopg import sql

from operations import catalog, large_objects
from operations.copy_format import beginning
from operations.definitions import HELPERS, Definitions
from operations.dumping import decompress
from operations.errors import OperationError
from operations.manifest import File, Manifest, Table
from operations.parallel import Step, Stop, run
from operations.postgres import STABLE, Connection, Server, value
from operations.store import Store

_LARGE: Final = 8 << 20
"""Bytes of rows from which a table's indexes are begun as soon as they can be; those of the others are built together,
since each that is begun for itself costs a connection."""
_ONLY_WHOLE: Final = (" FK CONSTRAINT ", " MATERIALIZED VIEW DATA ")
"""What may fail on a part of the rows though the backup is good, as words of pg_restore's list."""
_OPERATORS_OWN: Final = (" EXTENSION - pg_stat_statements", " EXTENSION pg_stat_statements")
"""What only a superuser may create; it holds no data, and CloudNativePG creates it in every database by itself."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What to load, and where to.

    Attributes:
        server: the new, empty database.
        limit: at most so many bytes of each table, up to the end of a row; None for all.
    """

    store: Store
    manifest: Manifest
    server: Server
    workers: int
    limit: int | None = None
    whole: bool = field(init=False)

    def __post_init__(self) -> None:
        """Work out whether all rows are loaded."""
        tables = self.manifest.full.tables
        whole = self.limit is None or all(table.plain_bytes <= self.limit for table in tables)
        object.__setattr__(self, "whole", whole)


def load(what: Load) -> int:
    """Load a backup into a new database, and compare what came in with the manifest.

    Returns:
        The number of rows.

    Raises:
        OperationError: an object is gone or altered, the server refuses, or something is missing afterwards.
    """
    counts: list[int] = []
    built: set[int] = set()
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        archive = Path(folder) / "definitions"
        archive.write_bytes(b"".join(what.store.read(what.manifest.full.definitions.stored())))
        definitions = Definitions(archive=archive, server=what.server)
        definitions.restore("pre-data", words=_not_ours(what))
        run([_rest(what), *_tables(what, definitions, counts, built)], what.workers)
        definitions.restore("post-data", but=built, words=() if what.whole else _ONLY_WHOLE, jobs=what.workers)
    _compare(what)
    return sum(counts)


def _tables(what: Load, definitions: Definitions, counts: list[int], built: set[int]) -> Iterator[Step]:
    tables = what.manifest.full.tables
    share = sum(table.plain_bytes for table in tables) / what.workers
    for table in tables:
        # In the end all wait for one that has more than its share: its indexes are worth the server's helpers.
        helpers = HELPERS if table.plain_bytes > share else 0
        large = min(table.plain_bytes, what.limit or table.plain_bytes) >= _LARGE
        yield _rows(what, table, counts, definitions.steps_of(table, built, helpers) if large else ())


def _rest(what: Load) -> Step:
    """What is in no table."""

    def write(_stop: Stop) -> Sequence[Step]:
        with what.server.connect(STABLE, autocommit=False) as connection:
            _sequences(what, connection)
            large_objects.write(connection, _plain(what.store, what.manifest.full.large_objects), what.limit)
            connection.commit()
        return ()

    return write


def _rows(what: Load, table: Table, counts: list[int], then: Sequence[Step]) -> Step:
    """A table's rows, which what comes then needs."""

    def copy(stop: Stop) -> Sequence[Step]:
        counts.append(_table(what, table, stop))
        return then

    return copy


def _not_ours(what: Load) -> Sequence[str]:
    """What isn't restored of the tables' own section, as words of pg_restore's list."""
    with what.server.connect() as connection:
        superuser = value(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    return () if superuser else _OPERATORS_OWN


def _table(what: Load, table: Table, stop: Stop) -> int:
    identifier = sql.Identifier(table.schema_name, table.name)
    columns = sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, table.columns)))
    encoding = what.manifest.full.properties.encoding
    # Rows of a table that this transaction emptied can be written as frozen: nothing has to go over them again.
    freeze = sql.SQL("" if table.condition else "FREEZE, ")
    copy = sql.SQL("COPY {} {} FROM STDIN ({}ENCODING {}, FORMAT {})").format(
        identifier, columns if table.columns else sql.SQL(""), freeze, encoding, sql.SQL(table.form)
    )
    rows = _plain(what.store, table.file)
    part = what.limit is not None and table.plain_bytes > what.limit
    with what.server.connect(STABLE, autocommit=False) as connection, connection.cursor() as cursor:
        if not table.condition:
            cursor.execute(sql.SQL("TRUNCATE ONLY {}").format(identifier))
        with cursor.copy(copy) as copying:
            for block in beginning(rows, table.form, what.limit or 0) if part else rows:
                stop.check()
                copying.write(block)
        if not part and cursor.rowcount != table.rows:
            raise OperationError(
                f"{table.schema_name}.{table.name} came back with {cursor.rowcount} rows and not {table.rows}",
                "Use another backup, and keep this one: how it came to be should be found out.",
            )
        connection.commit()
        return cursor.rowcount


def _plain(store: Store, file: File) -> Iterator[bytes]:
    return decompress(store.read(file.stored()))


def _sequences(what: Load, connection: Connection) -> None:
    for sequence in what.manifest.full.sequences:
        name = sql.Identifier(sequence.schema_name, sequence.name).as_string()
        connection.execute(
            "SELECT pg_catalog.setval(%s::regclass, %s, %s)", (name, sequence.last_value, sequence.is_called)
        )


def _compare(what: Load) -> None:
    """Compare what is there with the manifest; rows were counted when they came in."""
    content = what.manifest.full
    with what.server.connect(STABLE) as connection:
        found = {
            "tables": len(catalog.tables(connection)),
            "sequences": len(catalog.sequences(connection)),
            "large objects": catalog.large_objects(connection) if what.limit is None else content.large_object_count,
        }
    expected = {
        "tables": len(content.tables),
        "sequences": len(content.sequences),
        "large objects": content.large_object_count,
    }
    for name, count in expected.items():
        if found[name] != count:
            raise OperationError(
                f"{found[name]} {name} came back and not {count}",
                "Use another backup, and keep this one: how it came to be should be found out.",
            )
