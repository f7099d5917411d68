"""Which backups there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from operations.errors import OperationError
from operations.manifest import Kind, Manifest, manifests_folder, parse
from operations.store import Store


class _Published(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def day(self) -> str: ...


Dated = TypeVar("Dated", bound=_Published)
"""A manifest of either sort: it has a name and a day."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which backup is meant; the newest that fits. Empty fields fit every one.

    Attributes:
        date: the day it was taken, as the guide writes it: 20241220.
        id: its whole name.
    """

    date: str = ""
    id: str = ""

    def __str__(self) -> str:
        """As an error names it."""
        return self.id or (f"of {self.date}" if self.date else "at all")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A published backup, and when the bucket took its manifest in.

    What is newest and how old it is are told by the bucket's clock: were it the database server's, which the manifest
    holds, a backup taken while that clock was a year ahead would be the newest one for a year.
    """

    manifest: Manifest
    published: datetime


def listed(store: Store, database: str, kinds: Sequence[Kind] = ("full",)) -> Sequence[Listed]:
    """A database's published backups of some kinds, the oldest first."""
    found = [
        Listed(manifest=parse(key, store.get(key)), published=published)
        for key, published in store.listed(manifests_folder(database))
    ]
    ours = [one for one in found if one.manifest.kind in kinds]
    return sorted(ours, key=lambda one: (one.published, one.manifest.taken_at, one.manifest.id))


def all_of(store: Store, database: str, kinds: Sequence[Kind] = ("full",)) -> Sequence[Manifest]:
    """The same, without when."""
    return [one.manifest for one in listed(store, database, kinds)]


def find(store: Store, database: str, choice: Choice) -> Manifest:
    """The full backup that is meant.

    One that was taken of what a restore replaced is found by its name alone: as the newest it would undo the restore.

    Raises:
        OperationError: there is none such; it says what there is.
    """
    kinds: Sequence[Kind] = ("full", "safety") if choice.id else ("full",)
    return chosen(all_of(store, database, kinds), choice, database, store.place(manifests_folder(database)))


def chosen(there: Sequence[Dated], choice: Choice, of: str, place: str) -> Dated:
    """The newest that fits.

    Args:
        there: the published ones, the oldest first.
        choice: which is meant.
        of: what they are backups of.
        place: where they are.

    Raises:
        OperationError: there is none such; it says what there is.
    """
    fitting = [
        one for one in there if (not choice.date or one.day == choice.date) and (not choice.id or one.id == choice.id)
    ]
    if fitting:
        return fitting[-1]
    if not there:
        raise OperationError(
            f"there is no backup of {of} in {place}",
            "Check BACKUP_BUCKET, BACKUP_PREFIX and the database's name in POSTGRES_URL.",
        )
    days = sorted({one.day for one in there})
    raise OperationError(
        f"there is no backup {choice} of {of} in {place}",
        f"There is one of {', '.join(days[-5:])}; the newest is {there[-1].id} (--latest).",
    )
