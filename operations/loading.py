"""A backup on its way into an empty database: definitions, rows by several workers, then indexes and constraints."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from psycopg import sql

from operations import catalog, large_objects
from operations.copy_format import beginning
from operations.dumping import decompress
from operations.errors import OperationError
from operations.manifest import File, Manifest, Table
from operations.parallel import Stop, each
from operations.postgres import STABLE, Connection, Server, run_tool, value
from operations.store import Store

INDEXING: Final = {
    "maintenance_work_mem": "256MB",
    "max_parallel_maintenance_workers": "2",
    "synchronous_commit": "off",
    "statement_timeout": "0",
}
"""Of the sessions that build indexes; the server's own are for serving."""

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
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        archive = Path(folder) / "definitions"
        archive.write_bytes(b"".join(what.store.read(what.manifest.full.definitions.stored())))
        _definitions(what, archive, "pre-data", {})
        rows = sum(each(lambda table, stop: _table(what, table, stop), what.manifest.full.tables, what.workers))
        with what.server.connect(STABLE, autocommit=False) as connection:
            _sequences(what, connection)
            large_objects.write(connection, _plain(what.store, what.manifest.full.large_objects), what.limit)
            connection.commit()
        _definitions(what, archive, "post-data", INDEXING)
    _compare(what)
    return rows


def _definitions(what: Load, archive: Path, section: str, settings: Mapping[str, str]) -> None:
    command = ["pg_restore", "-w", "--exit-on-error", f"--section={section}", "-d", what.server.database]
    left_out = _left_out(what, section)
    if left_out:
        listing = run_tool(
            ["pg_restore", "--list", str(archive)], what.server.environment(), doing="reading the archive"
        )
        kept = [line for line in listing.splitlines() if not any(word in line for word in left_out)]
        chosen = archive.with_suffix(f".{section}")
        chosen.write_text("\n".join(kept))
        command += ["-L", str(chosen)]
    if section == "post-data":
        command += [f"--jobs={what.workers}"]
    run_tool(
        [*command, str(archive)], what.server.environment(settings), doing=f"restoring the definitions ({section})"
    )


def _left_out(what: Load, section: str) -> Sequence[str]:
    """What isn't restored, as words of pg_restore's list."""
    if section == "post-data":
        return () if what.whole else _ONLY_WHOLE
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
