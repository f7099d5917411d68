"""Whether a database holds what a backup doesn't."""

from __future__ import annotations

from typing import Final, cast

from psycopg import sql

from operations import catalog
from operations.manifest import Manifest
from operations.postgres import Connection, value

_FROZEN_AGE: Final = 2_147_483_647


def newer_data(connection: Connection, manifest: Manifest) -> str:
    """Say what a database holds that a backup doesn't, or nothing.

    On the backup's own server it is the rows that transactions after the snapshot wrote, and tables with fewer rows
    than the backup has: someone deleted them, which is a change too. On another server transactions can't be compared:
    any row counts.
    """
    now = catalog.moment(connection)
    same_server = now.system_identifier == manifest.system_identifier
    known = {(table.schema_name, table.name): table.rows for table in manifest.full.tables}
    passed = max(_next_xid(connection) - manifest.xid, 0)
    for table in catalog.tables(connection):
        if table.of_extension:
            continue
        name = f"{table.schema_name}.{table.name}"
        if not same_server:
            if _any(connection, table, sql.SQL("true")):
                return f"rows in {name}, of a server that the backup isn't from"
            continue
        recent = sql.SQL("age(xmin) <= {} AND age(xmin) < {}").format(sql.Literal(passed), sql.Literal(_FROZEN_AGE))
        if _any(connection, table, recent):
            return f"rows in {name} that were written since"
        expected = known.get((table.schema_name, table.name))
        if expected is None:
            return f"the table {name}"
        if _count(connection, table) != expected:
            return f"a change in {name}, from which rows were deleted since"
    return ""


def _any(connection: Connection, table: catalog.TableToCopy, condition: sql.Composable) -> bool:
    query = sql.SQL("SELECT 1 FROM ONLY {} WHERE {} LIMIT 1").format(table.identifier, condition)
    return connection.execute(query).fetchone() is not None


def _count(connection: Connection, table: catalog.TableToCopy) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(table.identifier)).fetchone()
    return int(row[0]) if row else 0


def _next_xid(connection: Connection) -> int:
    query = "SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint"
    return cast("int", value(connection, query))
