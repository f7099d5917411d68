"""The guide's questions to a database, all at once: sessions, size, slow and expensive statements, a plan.

The guide's column names are those of PostgreSQL 12; since 13 they are `mean_exec_time` and `total_exec_time` (C28).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, LiteralString

from operations.postgres import Connection, Server, value

Cell = str | int | float | bool | None

_STATEMENTS: Final[LiteralString] = """
SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 100) AS query, calls,
       round(mean_exec_time::numeric, 3) AS mean_ms, round(total_exec_time::numeric, 1) AS total_ms
FROM pg_stat_statements
"""
QUERIES: Final[dict[str, LiteralString]] = {
    "Sessions by state": """
SELECT coalesce(state, 'none') AS state, count(*) AS sessions,
       round(100.0 * count(*) / current_setting('max_connections')::int, 1) AS percent_of_maximum
FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY 2 DESC
""",
    "Active sessions": """
SELECT pid, usename AS role, application_name AS application, client_addr::text AS client, wait_event_type AS waits_for,
       round(extract(epoch FROM clock_timestamp() - query_start)::numeric, 1) AS seconds,
       left(regexp_replace(query, '\\s+', ' ', 'g'), 100) AS query
FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() ORDER BY query_start
""",
    "Size": """
SELECT datname AS database, pg_size_pretty(pg_database_size(oid)) AS size, pg_database_size(oid) AS bytes
FROM pg_database WHERE datname = current_database()
""",
}
SLOW: Final[dict[str, LiteralString]] = {
    "Slowest statements, top 5 by mean time": f"{_STATEMENTS} ORDER BY mean_exec_time DESC LIMIT 5",
    "Slowest statements, top 10 by mean time": f"{_STATEMENTS} ORDER BY mean_exec_time DESC LIMIT 10",
    "Most expensive statements, top 10 by total time": f"{_STATEMENTS} ORDER BY total_exec_time DESC LIMIT 10",
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """The answer to one question.

    Attributes:
        title: what was asked.
        columns: their names.
        rows: the answer.
        note: why there is none, or nothing.
    """

    title: str
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    note: str = ""


def ask(server: Server, explain: str | None) -> Sequence[Section]:
    """Ask everything.

    Args:
        server: the database.
        explain: a statement to plan and run; what it changes is rolled back.

    Raises:
        OperationError: the database can't be reached, or the statement is wrong.
    """
    with server.connect({"statement_timeout": "60s"}) as connection:
        sections = [_section(connection, title, query) for title, query in QUERIES.items()]
        for title, query in SLOW.items():
            sections.append(_statements(connection, title, query))
        if explain is not None:
            sections.append(_plan(connection, explain))
    return sections


def _section(connection: Connection, title: str, query: LiteralString) -> Section:
    cursor = connection.execute(query)
    columns = [column.name for column in cursor.description or []]
    rows = [[_cell(cell) for cell in row] for row in cursor.fetchall()]
    return Section(title=title, columns=columns, rows=rows)


def _statements(connection: Connection, title: str, query: LiteralString) -> Section:
    if not value(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'"):
        return Section(title=title, note="the extension pg_stat_statements is not installed in this database")
    if "pg_stat_statements" not in str(value(connection, "SHOW shared_preload_libraries")):
        return Section(title=title, note="pg_stat_statements is not in shared_preload_libraries")
    return _section(connection, title, query)


def _plan(connection: Connection, statement: str) -> Section:
    """Run it in a transaction that may not write and is rolled back: EXPLAIN ANALYZE runs what it explains."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION READ ONLY")
        rows = connection.execute(b"EXPLAIN (ANALYZE, BUFFERS) " + statement.encode()).fetchall()
    return Section(title="Plan", columns=["plan"], rows=[[_cell(cell) for cell in row] for row in rows])


def _cell(given: object) -> Cell:
    match given:
        case None | str() | int() | float() | bool():
            return given
        case Decimal():
            return float(given)
        case datetime():
            return given.isoformat()
        case _:
            return str(given)


def as_table(section: Section) -> str:
    """A section for people."""
    if section.note:
        return f"{section.title}\n  {section.note}"
    if not section.rows:
        return f"{section.title}\n  none"
    texts = [list(section.columns), *(["" if cell is None else str(cell) for cell in row] for row in section.rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(section.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts]
    return "\n  ".join([section.title, *lines])


def as_json(section: Section) -> dict[str, object]:
    """A section for machines."""
    rows = [dict(zip(section.columns, row, strict=True)) for row in section.rows]
    return {"title": section.title, "rows": rows, **({"note": section.note} if section.note else {})}
