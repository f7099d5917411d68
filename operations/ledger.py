"""The table of applied migrations, and what it means for this version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from operations.errors import OperationError
from operations.migrations import Migration
from operations.postgres import Connection, value

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS public.schema_migrations (
    name text PRIMARY KEY,
    phase text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A migration as the database remembers it."""

    name: str
    phase: str
    checksum: str
    applied_at: datetime

    @property
    def number(self) -> int:
        """Its place in the order."""
        return int(self.name[:3])


@dataclass(frozen=True, kw_only=True)
class State:
    """How a database stands to this version.

    Attributes:
        applied: what was applied, by name.
        pending: this version's migrations that weren't, in order.
        unknown: newer expand steps, which this version needn't know.
    """

    applied: Mapping[str, Applied]
    pending: Sequence[Migration]
    unknown: Sequence[Applied]


def provide(connection: Connection) -> None:
    """Make the table where it is missing."""
    connection.execute(_TABLE)


def state(connection: Connection, known: Sequence[Migration]) -> State:
    """Compare a database with this version's migrations; writes nothing.

    Raises:
        OperationError: an applied migration was edited since, or the database has a contract step of a newer version,
            or an older one that this version has lost.
    """
    applied = {one.name: one for one in _applied(connection)}
    by_name = {migration.name: migration for migration in known}
    for migration in known:
        one = applied.get(migration.name)
        if one and one.checksum != migration.checksum:
            raise OperationError(
                f"{migration.name} was edited after it was applied on {one.applied_at:%Y-%m-%d}",
                "Put the file back as it was, and write the change as a new migration.",
            )
    unknown = sorted((one for one in applied.values() if one.name not in by_name), key=lambda one: one.name)
    for one in unknown:
        _refuse(one, newest=max(migration.number for migration in known))
    pending = [migration for migration in known if migration.name not in applied]
    return State(applied=applied, pending=pending, unknown=unknown)


def _refuse(one: Applied, newest: int) -> None:
    if one.number <= newest:
        raise OperationError(
            f"{one.name} is in the database and not in this version", "Is this image built from the right branch?"
        )
    if one.phase != "expand":
        raise OperationError(
            f"{one.name} is a contract step of a newer version: what this version uses may be gone",
            "Deploy the newer version, or roll that step back first.",
        )


def _applied(connection: Connection) -> Sequence[Applied]:
    if value(connection, "SELECT to_regclass('public.schema_migrations') IS NULL"):
        return []
    rows = connection.execute("SELECT name, phase, checksum, applied_at FROM public.schema_migrations").fetchall()
    return [
        Applied(name=name, phase=phase, checksum=checksum, applied_at=applied_at)
        for name, phase, checksum, applied_at in cast("list[tuple[str, str, str, datetime]]", rows)
    ]


def remember(connection: Connection, migration: Migration) -> None:
    """Note that a migration was applied, in the transaction that applied it."""
    connection.execute(
        "INSERT INTO public.schema_migrations (name, phase, checksum) VALUES (%s, %s, %s)",
        (migration.name, migration.phase, migration.checksum),
    )


def forget(connection: Connection, migration: Migration) -> None:
    """Note that it was taken back."""
    connection.execute("DELETE FROM public.schema_migrations WHERE name = %s", (migration.name,))
