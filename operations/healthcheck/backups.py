"""Looks into the bucket: is there a backup, how old is it, was it proven."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from operations.backups import all_of
from operations.environment import Environment
from operations.errors import OperationError
from operations.healthcheck.limits import BACKUP_HOURS
from operations.healthcheck.verdict import Finding, Verdict
from operations.postgres import Server
from operations.store import Store

_HOUR: Final = 3600


def ask(environment: Environment, _seconds: float) -> Sequence[Finding]:
    """Read the manifests: what publishes a backup is its manifest, so nothing else counts as one.

    Raises:
        OperationError: the bucket doesn't answer, there is no backup, or the newest is too old.
    """
    store, database = Store.of(environment), Server.at(environment.url()).database
    found = all_of(store, database)
    if not found:
        raise OperationError(f"there is no backup of {database}", "`python -m operations backup`")
    newest = found[-1]
    hours = (store.now() - newest.taken_at).total_seconds() / _HOUR
    if hours > BACKUP_HOURS:
        raise OperationError(
            f"the newest backup, {newest.id}, is {hours:.0f} hours old",
            "`python -m operations backup`; see the runbook BackupTooOld.",
        )
    return [
        Finding(
            component="backups",
            subject=environment.bucket(),
            verdict=Verdict.HEALTHY if newest.tested else Verdict.DEGRADED,
            what=f"{newest.id} is {hours:.1f} hours old, {'proven' if newest.tested else 'not proven'}",
            how="" if newest.tested else "`python -m operations verify --latest`",
        )
    ]
