"""Applying migrations: one at a time, each in one transaction, all or nothing, and never by two at once.

What it guards against: two slots migrating together (an advisory lock; it works only on the server itself, so the URL
has to be the primary's and not the Pooler's), a migration that stops half-way (one transaction), one that waits for a
lock and makes all others wait behind it (a lock timeout), and a change without a way back (`operations/preflight.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final, LiteralString

import psycopg

from operations import ledger
from operations.errors import OperationError
from operations.migrations import Migration
from operations.postgres import Connection, Server, last_line, value

Report = Callable[[str], None]

SETTINGS: Final = {"lock_timeout": "10s", "statement_timeout": "15min", "search_path": "public"}
WAIT_SECONDS: Final = 120
"""How long one waits for another that migrates."""

_LOCK: Final[LiteralString] = "SELECT pg_try_advisory_lock(hashtext('stratmaster'), hashtext('schema_migrations'))"
_TRANSACTION: Final[LiteralString] = "SELECT pg_current_xact_id()::text"


@contextmanager
def primary(server: Server, wait_seconds: float = WAIT_SECONDS) -> Generator[Connection]:
    """A connection to the primary that no other migration has at the same time.

    Raises:
        OperationError: it is a replica, or another one migrates for too long.
    """
    with server.connect(SETTINGS) as connection:
        if value(connection, "SELECT pg_is_in_recovery()"):
            raise OperationError(f"{server.place} is a replica", "Let POSTGRES_URL name the primary (postgres-rw).")
        deadline = time.monotonic() + wait_seconds
        while not value(connection, _LOCK):
            if time.monotonic() > deadline:
                raise OperationError(
                    f"another migration of {server.database} has been running for {wait_seconds:.0f} s",
                    "Wait for its end, then run this one again.",
                )
            time.sleep(0.2)
        yield connection


def due(pending: Sequence[Migration], *, contract: bool) -> Sequence[Migration]:
    """Which of the pending migrations are applied now: expand steps, and contract steps if they are allowed."""
    return [migration for migration in pending if contract or migration.phase == "expand"]


def apply(connection: Connection, migrations: Sequence[Migration], report: Report) -> None:
    """Apply migrations in order; the first that fails is the last that is tried.

    Raises:
        OperationError: one failed. It left nothing; those before it stay.
    """
    for migration in migrations:
        begun = time.monotonic()
        _run(connection, migration.name, migration.sql, lambda one=migration: _remember(connection, one))
        report(f"applied {migration.name} ({migration.phase}) in {time.monotonic() - begun:.2f} s")


def _remember(connection: Connection, migration: Migration) -> None:
    ledger.provide(connection)
    ledger.remember(connection, migration)


def roll_back(connection: Connection, known: Sequence[Migration], number: int) -> Migration:
    """Take the newest applied migration back.

    Its number is said so that nobody takes back another one than was meant.

    Raises:
        OperationError: it isn't the newest, or its rollback failed.
    """
    state = ledger.state(connection, known)
    applied = [*(one.number for one in state.applied.values())]
    if not applied or number not in applied:
        raise OperationError(f"migration {number:03} is not applied", "`migrate status` lists what is.")
    if number != max(applied):
        raise OperationError(
            f"migration {max(applied):03} was applied after {number:03}", "Roll back the newest first, one by one."
        )
    migration = known[number - 1]
    _run(
        connection,
        f"the rollback of {migration.name}",
        migration.rollback,
        lambda: ledger.forget(connection, migration),
    )
    return migration


def _run(connection: Connection, name: str, script: str, note: Callable[[], None]) -> None:
    """Run a script and a note of it in one transaction."""
    try:
        with connection.transaction():
            transaction = value(connection, _TRANSACTION)
            connection.execute(script.encode())
            if value(connection, _TRANSACTION) != transaction:
                raise OperationError(
                    f"{name} ends its transaction itself, so a part of it may have been applied",
                    "Take COMMIT, ROLLBACK and BEGIN out of it, and put right by hand what it did.",
                )
            note()
    except psycopg.errors.LockNotAvailable:
        raise OperationError(
            f"{name} waited {SETTINGS['lock_timeout']} for a lock and gave up, so that nobody waits behind it",
            "Nothing of it was applied. Find what holds the table (`db status`), then run it again.",
        ) from None
    except psycopg.Error as error:
        raise OperationError(
            f"{name} failed: {last_line(error)}", "Nothing of it was applied. Mend it, then run it again."
        ) from None
