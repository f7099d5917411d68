"""Looks into the bucket: is there a backup, how old is it, was it proven."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from operations.backups import all_of
from operations.environment import Environment
from operations.errors import OperationError
from operations.healthcheck.limits import BACKUP_HOURS
from operations.healthcheck.verdict import Finding, Verdict
from operations.manifest import Manifest, data_key
from operations.postgres import Server
from operations.store import Store

_HOUR: Final = 3600
_CLOCKS: Final = 1.0
"""Hours that the database's clock and the bucket's may differ; a backup from the future would never be too old."""


def ask(environment: Environment, _seconds: float) -> Sequence[Finding]:
    """Read the manifests: what publishes a backup is its manifest, so nothing else counts as one.

    Raises:
        OperationError: the bucket doesn't answer, there is no backup, or the newest is too old or not whole.
    """
    store, database = Store.of(environment), Server.at(environment.url()).database
    found = all_of(store, database)
    if not found:
        raise OperationError(f"there is no backup of {database}", "`python -m operations backup`")
    newest = found[-1]
    hours = (store.now() - newest.taken_at).total_seconds() / _HOUR
    if not -_CLOCKS < hours <= BACKUP_HOURS:
        age = f"{hours:.0f} hours old" if hours > 0 else f"of a time {-hours:.0f} hours from now"
        raise OperationError(
            f"the newest backup, {newest.id}, is {age}",
            "`python -m operations backup`; see the runbook BackupTooOld.",
        )
    _whole(store, newest)
    return [
        Finding(
            component="backups",
            subject=environment.bucket(),
            verdict=Verdict.HEALTHY if newest.tested else Verdict.DEGRADED,
            what=f"{newest.id} is {hours:.1f} hours old, {'proven' if newest.tested else 'not proven'}",
            how="" if newest.tested else "`python -m operations verify --latest`",
        )
    ]


def _whole(store: Store, backup: Manifest) -> None:
    """All objects are there that the manifest speaks of; what is in them is what `verify` reads."""
    there = {key for key, _ in store.listed(data_key(backup.database, backup.id, ""))}
    gone = [file.key for file in backup.files if file.key not in there]
    if gone:
        raise OperationError(
            f"{backup.id} lacks {len(gone)} of its {len(backup.files)} objects, {gone[0]} among them",
            "`python -m operations backup` makes another; the bucket's versions may hold what was deleted.",
        )
