"""Which backups there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def all_of(store: Store, database: str, kind: Kind = "full") -> Sequence[Manifest]:
    """A database's published backups of one kind, the oldest first."""
    found = (parse(key, store.get(key)) for key, _ in store.listed(manifests_folder(database)))
    return sorted((one for one in found if one.kind == kind), key=lambda one: (one.taken_at, one.id))


def find(store: Store, database: str, choice: Choice) -> Manifest:
    """The full backup that is meant.

    Raises:
        OperationError: there is none such; it says what there is.
    """
    return chosen(all_of(store, database), choice, database, store.place(manifests_folder(database)))


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
