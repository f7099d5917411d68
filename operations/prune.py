"""Deleting old backups, and never the one that is needed.

What it guards against: backups that stopped weeks ago while old ones go on being deleted; a clock that is wrong; a
deletion that is broken off and leaves a manifest without its objects. It reads manifests only and goes by the bucket's
clock: a backup is deleted when the bucket took its manifest in more than so many days ago and a newer one is there that
is younger than that. The manifest goes first, so that half a deletion leaves objects nobody takes for a backup.

Objects without a manifest are what killed runs leave behind; they go once no run can still be about to publish them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from operations.config import manifest as config
from operations.manifest import File, data_folder, manifests_folder, parse
from operations.store import Store

ABANDONED: Final = timedelta(days=2)
"""After which objects without a manifest belong to nobody: the longest job is ended after eight hours."""


class Prunable(Protocol):
    """A manifest, of a database's backup or of the configuration's."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> str:
        """What it is a backup of, and in which form."""
        ...

    @property
    def files(self) -> Sequence[File]:
        """Its objects."""
        ...

    @property
    def stored_bytes(self) -> int:
        """What they take in the bucket."""
        ...


@dataclass(frozen=True, kw_only=True)
class Aged:
    """A backup, where its manifest is, and when the bucket took that in."""

    manifest: Prunable
    key: str
    published: datetime


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """What was deleted.

    Attributes:
        backups: old ones.
        abandoned: names of runs that never published what they wrote.
    """

    backups: Sequence[Prunable]
    abandoned: Sequence[str]


def prunable(backups: Sequence[Aged], now: datetime, keep: timedelta) -> Sequence[Aged]:
    """Those that may go.

    Args:
        backups: of one database and kind, or of the configuration.
        now: by the bucket's clock.
        keep: for how long a backup is kept.

    Returns:
        The old ones, if a young one is there; else none of them.
    """
    ordered = sorted(backups, key=lambda backup: backup.published)
    old = [backup for backup in ordered if now - backup.published > keep]
    return old if len(old) < len(ordered) else []


def abandoned(
    data: Sequence[tuple[str, datetime]], folder: str, published: Sequence[str], now: datetime
) -> Mapping[str, Sequence[str]]:
    """What runs left behind that never published it.

    Args:
        data: the keys below `folder`, and when the bucket took each in.
        folder: whose next part of a key is the run's name.
        published: names of the runs that did.
        now: by the bucket's clock.

    Returns:
        The run's name -> its keys.
    """
    runs: dict[str, list[tuple[str, datetime]]] = {}
    for key, taken in data:
        runs.setdefault(key.removeprefix(folder).partition("/")[0], []).append((key, taken))
    return {
        name: [key for key, _ in objects]
        for name, objects in runs.items()
        if name not in published and now - max(taken for _, taken in objects) > ABANDONED
    }


def prune(store: Store, database: str, keep: timedelta) -> Pruned:
    """Delete what is older than `keep`, of a database and of the configuration, and what killed runs left of both.

    Raises:
        OperationError: the bucket refused.
    """
    readers: Sequence[tuple[str, str, Callable[[str, bytes], Prunable]]] = (
        (manifests_folder(database), data_folder(database), parse),
        (config.MANIFESTS, config.DATA, config.parse),
    )
    now = store.now()
    gone: list[Prunable] = []
    left: list[str] = []
    for manifests, data, read in readers:
        backups = [
            Aged(manifest=read(key, store.get(key)), key=key, published=published)
            for key, published in store.listed(manifests)
        ]
        for kind in sorted({backup.manifest.kind for backup in backups}):
            for backup in prunable([each for each in backups if each.manifest.kind == kind], now, keep):
                delete(store, backup)
                gone.append(backup.manifest)
        names = [backup.manifest.id for backup in backups]
        for name, keys in abandoned(store.listed(data), data, names, now).items():
            store.delete(keys)
            left.append(name)
    return Pruned(backups=gone, abandoned=left)


def delete(store: Store, backup: Aged) -> None:
    """Delete a backup: its manifest first, then what it names."""
    store.delete([backup.key])
    store.delete([file.key for file in backup.manifest.files])
