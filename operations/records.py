"""What jobs leave behind: a row a run, in a database of its own.

Of its own, since a restore puts the data's database back in time and exchanges it, and the history of backups and
restores must neither go back with it nor be part of what is backed up. It is made by the first run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, cast

from psycopg import errors, sql

from operations import databases
from operations.errors import OperationError
from operations.metrics import RECORDS
from operations.postgres import Server, value

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS public.runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    succeeded boolean,
    size_bytes bigint NOT NULL DEFAULT 0,
    verified boolean NOT NULL DEFAULT false,
    detail jsonb NOT NULL DEFAULT '{}',
    error text NOT NULL DEFAULT ''
)
"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS runs_operation_started_at ON public.runs (operation, started_at)"


@dataclass(kw_only=True)
class Run:
    """What a run says of itself.

    Attributes:
        size: bytes written to, or read from, the bucket.
        verified: whether what it made was proven.
        detail: figures that only this operation has.
    """

    size: int = 0
    verified: bool = False
    detail: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])


def home_of(server: Server) -> Server:
    """The database with the table of runs."""
    return server.of(f"{server.database[:40]}{RECORDS}")


@contextmanager
def recorded(server: Server, operation: str) -> Generator[Run]:
    """Record a run, whatever comes of it.

    That it can't be recorded is said on standard error and stops nothing: a backup without a row is worth more than a
    row without a backup, and the alert on its absence tells.
    """
    run, number = Run(), _begin(server, operation)
    try:
        yield run
    except BaseException as error:
        _end(server, number, run, error.what if isinstance(error, OperationError) else type(error).__name__)
        raise
    _end(server, number, run, "")


def provide(server: Server) -> None:
    """Make the database and its table where they are missing.

    Raises:
        OperationError: the server refuses.
    """
    home = home_of(server)
    with server.of(databases.MAINTENANCE).connect() as connection:
        if not databases.exists(connection, home.database):
            with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another job was first
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(home.database)))
    with home.connect() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('stratmaster runs'))")
        connection.execute(_TABLE)
        connection.execute(_INDEX)


def _begin(server: Server, operation: str) -> int | None:
    try:
        provide(server)
        with home_of(server).connect() as connection:
            return cast("int", value(connection, "INSERT INTO runs (operation) VALUES (%s) RETURNING id", operation))
    except OperationError as error:
        print(f"warning: this run is not recorded: {error.what}", file=sys.stderr)  # noqa: T201 - a job's log is its output
        return None


def _end(server: Server, number: int | None, run: Run, error: str) -> None:
    if number is None:
        return
    try:
        with home_of(server).connect() as connection:
            connection.execute(
                "UPDATE runs SET finished_at = clock_timestamp(), succeeded = %s, size_bytes = %s, verified = %s,"
                " detail = %s, error = %s WHERE id = %s",
                (not error, run.size, run.verified, json.dumps(dict(run.detail)), error, number),
            )
    except OperationError as trouble:
        print(f"warning: this run's end is not recorded: {trouble.what}", file=sys.stderr)  # noqa: T201 - a job's log is its output
