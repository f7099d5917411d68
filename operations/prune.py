"""Deleting old backups, and never the one that is needed.

What it guards against: backups that stopped weeks ago while old ones go on being deleted; a clock that is wrong; a
deletion that is broken off and leaves a manifest without its objects. It reads manifests only and goes by the bucket's
clock: a backup is deleted when the bucket took its manifest in more than so many days ago and a newer one is there that
is younger than that. The manifest goes first, so that half a deletion leaves objects nobody takes for a backup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from operations.manifest import Kind, Manifest, manifests_folder, parse
from operations.store import Store


@dataclass(frozen=True, kw_only=True)
class Aged:
    """A backup and when the bucket took its manifest in."""

    manifest: Manifest
    published: datetime


def prunable(backups: Sequence[Aged], now: datetime, keep: timedelta) -> Sequence[Aged]:
    """Those that may go.

    Args:
        backups: of one database and kind.
        now: by the bucket's clock.
        keep: for how long a backup is kept.

    Returns:
        The old ones, if a young one is there; else none of them.
    """
    ordered = sorted(backups, key=lambda backup: backup.published)
    old = [backup for backup in ordered if now - backup.published > keep]
    return old if len(old) < len(ordered) else []


def prune(store: Store, database: str, keep: timedelta) -> Sequence[Manifest]:
    """Delete what is older than `keep`.

    Returns:
        What was deleted.

    Raises:
        OperationError: the bucket refused.
    """
    listed = store.listed(manifests_folder(database))
    backups = [Aged(manifest=parse(key, store.get(key)), published=published) for key, published in listed]
    now = store.now()
    gone: list[Manifest] = []
    kinds: tuple[Kind, ...] = ("full", "plain", "schema")
    for kind in kinds:
        of_kind = [backup for backup in backups if backup.manifest.kind == kind]
        for backup in prunable(of_kind, now, keep):
            delete(store, backup.manifest)
            gone.append(backup.manifest)
    return gone


def delete(store: Store, manifest: Manifest) -> None:
    """Delete a backup: its manifest first, then what it names."""
    store.delete([f"{manifests_folder(manifest.database)}{manifest.id}.json"])
    store.delete([file.key for file in manifest.files])
