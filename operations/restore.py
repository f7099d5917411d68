"""A restore: into a new database first, compared with the manifest, then exchanged with the one that serves.

What it guards against: a restore that fails half-way and leaves nothing, one into the wrong database, one over data
that nobody has a copy of. The database that served is backed up before and kept under another name afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import sql

from operations import databases
from operations.backup import back_up
from operations.errors import OperationError
from operations.guard import newer_data
from operations.loading import Load, load
from operations.manifest import Manifest
from operations.postgres import Connection, Server, major_of_tool, value
from operations.store import Store

Report = Callable[[str], None]

_LOCK: Final[LiteralString] = "SELECT pg_try_advisory_lock(hashtext('stratmaster restore'), hashtext(%s))"

_DURABLE: Final = {"synchronous_commit": "on"}
"""Whatever the server's own: the exchange waits for the disk, and with it for all that was restored before, whose
sessions waited for nothing."""


@dataclass(frozen=True, kw_only=True)
class Restore:
    """What to restore, and how boldly.

    Attributes:
        server: the database that is to be as it was; it may be missing.
        force: go on though clients are connected or data are newer; clients are disconnected.
        create_roles: create roles that the backup names and the server hasn't.
        workers: tables at a time.
    """

    server: Server
    store: Store
    manifest: Manifest
    force: bool
    create_roles: bool
    workers: int
    report: Report


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a restore did.

    Attributes:
        rows: that came back.
        kept_as: the name of the database that served before, or None if there was none.
        safety_backup: the backup that was taken of it, or None.
    """

    rows: int
    kept_as: str | None
    safety_backup: str | None


def restore(what: Restore) -> Restored:
    """Restore a database.

    Raises:
        OperationError: something stands against it, or failed; the database that serves is as it was then.
    """
    server, name = what.server, what.server.database
    with server.of(databases.MAINTENANCE).connect(_DURABLE) as connection:
        _refuse_other_versions(connection, what.manifest)
        with _alone(connection, name):
            databases.provide_roles(connection, what.manifest.full.properties, create_missing=what.create_roles)
            there = databases.exists(connection, name)
            if there and not what.force:
                _refuse_to_overwrite(connection, what)
            safety = _safety_backup(what) if there else None
            made = _beside(connection, name, "restored")
            rows = _load(connection, what, made)
            kept = _exchange(connection, what, made) if there else _name(connection, made, name)
    return Restored(rows=rows, kept_as=kept, safety_backup=safety)


def _refuse_other_versions(connection: Connection, manifest: Manifest) -> None:
    server, written, ours = (
        connection.info.server_version // 10_000,
        manifest.server_version // 10_000,
        major_of_tool("pg_restore"),
    )
    if server < written:
        raise OperationError(
            f"the backup is of PostgreSQL {written} and the server is {server}", "Restore into the same or a newer one."
        )
    if ours < written:
        raise OperationError(
            f"pg_restore {ours} is older than the backup, which is of PostgreSQL {written}",
            f"Use an image with the tools of PostgreSQL {written} or newer.",
        )


@contextmanager
def _alone(connection: Connection, name: str) -> Generator[None]:
    """Be the only restore of a database, and clear away what a killed one left."""
    if not value(connection, _LOCK, name):
        raise OperationError(f"another restore of {name} is running", "Wait for its end.")
    left = connection.execute(
        "SELECT datname::text FROM pg_database WHERE starts_with(datname::text, %s)", (f"{name[:35]}_restored_",)
    ).fetchall()
    for (old,) in left:
        databases.drop(connection, str(old))
    yield


def _refuse_to_overwrite(connection: Connection, what: Restore) -> None:
    name = what.server.database
    if count := databases.sessions(connection, name):
        raise OperationError(
            f"{count} client{'s are' if count > 1 else ' is'} connected to {name}",
            "Stop what uses it (maintenance, then shutdown of the slots), or add --force, which disconnects them.",
        )
    with what.server.connect() as target:
        if found := newer_data(target, what.manifest):
            raise OperationError(
                f"{name} holds what the backup {what.manifest.id} doesn't: {found}",
                "Restore a newer backup, or add --force; the database is backed up before and kept under another name.",
            )


def _safety_backup(what: Restore) -> str | None:
    what.report(f"backing up {what.server.database} as it is")
    try:
        taken = back_up(what.server, what.store, workers=what.workers, proof=None, kind="safety")
    except OperationError as error:
        if not what.force:
            raise
        what.report(f"it can't be backed up, so it is only kept under another name: {error.what}")
        return None
    return taken.id


def _load(connection: Connection, what: Restore, made: str) -> int:
    properties = what.manifest.full.properties
    what.report(f"restoring {what.manifest.id} into {made}")
    databases.create(connection, made, properties)
    try:
        target = what.server.of(made)
        rows = load(Load(store=what.store, manifest=what.manifest, server=target, workers=what.workers))
        with target.connect() as restored:
            restored.execute("ANALYZE")
        databases.settle(connection, made, properties)
    except BaseException:
        databases.drop(connection, made)
        raise
    return rows


def _beside(connection: Connection, name: str, why: str) -> str:
    """A name that no database has: the old one's, why, and the time; at most 63 bytes, as the server's names are."""
    stamp = value(connection, "SELECT to_char(clock_timestamp(), 'YYYYMMDDHH24MISSMS')")
    return f"{name[:35]}_{why}_{stamp}"


def _name(connection: Connection, made: str, name: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(made), sql.Identifier(name)))


def _exchange(connection: Connection, what: Restore, made: str) -> str:
    """Put the restored database in the other one's place, at one stroke."""
    name = what.server.database
    kept = _beside(connection, name, "before")
    try:
        with connection.transaction():
            if what.force:
                disconnect: LiteralString = (
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
                )
                connection.execute(disconnect, (name,))
            _name(connection, name, kept)
            _name(connection, made, name)
    except BaseException:
        databases.drop(connection, made)
        raise
    return kept
