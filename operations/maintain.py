"""The guide's upkeep: statistics, dead rows, and an index that has grown; all of it beside the work that goes on.

What it guards against: upkeep that slows down what it is for. It waits while the database is busy and gives up after a
while, vacuums slowly, waits for no lock for long, and rebuilds the index beside the old one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, LiteralString, cast

import psycopg
from psycopg import sql

from operations.errors import OperationError
from operations.postgres import Connection, Server, value

Report = Callable[[str], None]

TABLE: Final = "approval_workflows"
INDEX: Final = "idx_approval_workflows_status_tenant"
"""The guide's own, Database Optimization (facts.md 1.9)."""

SETTINGS: Final = {
    "vacuum_cost_delay": "5ms",
    "maintenance_work_mem": "128MB",
    "lock_timeout": "30s",
    "statement_timeout": "0",
    "search_path": "public",
}
_ACTIVE: Final[LiteralString] = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """When the database is too busy for upkeep.

    Attributes:
        sessions: so many may be active beside this one.
        seconds: for so long a step is put off before the run gives up.
        pause: seconds between two looks.
    """

    sessions: int = 20
    seconds: float = 1800
    pause: float = 5


def maintain(server: Server, patience: Patience, report: Report) -> None:
    """Do all of it.

    Raises:
        OperationError: the database stays busy, or a step failed.
    """
    with server.connect(SETTINGS) as connection:
        for name, step in (
            ("ANALYZE", _analyze),
            (f"VACUUM ANALYZE {TABLE}", _vacuum),
            (f"REINDEX INDEX CONCURRENTLY {INDEX}", _reindex),
        ):
            _wait_for_calm(connection, patience, name)
            begun = time.monotonic()
            step(connection)
            report(f"{name}: {time.monotonic() - begun:.1f} s")


def _wait_for_calm(connection: Connection, patience: Patience, name: str) -> None:
    deadline = time.monotonic() + patience.seconds
    while (active := cast("int", value(connection, _ACTIVE))) > patience.sessions:
        if time.monotonic() > deadline:
            raise OperationError(
                f"{name} was put off for {patience.seconds:.0f} s: {active} sessions are active",
                f"Run it in a quiet hour; more than {patience.sessions} active sessions count as busy.",
            )
        time.sleep(patience.pause)


def _analyze(connection: Connection) -> None:
    connection.execute("ANALYZE")


def _vacuum(connection: Connection) -> None:
    _there(connection, TABLE)
    connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(TABLE)))


def _reindex(connection: Connection) -> None:
    """Rebuild the index beside itself; a rebuild that was broken off leaves an invalid one, which goes first."""
    _there(connection, INDEX)
    left = connection.execute(
        "SELECT c.oid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE NOT i.indisvalid AND c.relname ~ ('^' || %s || '_cc(new|old)[0-9]*$')",
        (INDEX,),
    ).fetchall()
    for (name,) in cast("list[tuple[str]]", left):
        connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(name)))
    try:
        connection.execute(sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(sql.Identifier(INDEX)))
    except psycopg.errors.LockNotAvailable:
        raise OperationError(
            f"{INDEX} was not rebuilt: a transaction on {TABLE} stayed open for {SETTINGS['lock_timeout']}",
            "Find it (`db status` lists the sessions) and end it, or wait for the next run.",
        ) from None


def _there(connection: Connection, name: str) -> None:
    if value(connection, "SELECT to_regclass(%s) IS NULL", name):
        raise OperationError(
            f"there is no {name} in this database", "Migrate it first: `python -m operations migrate`."
        )
