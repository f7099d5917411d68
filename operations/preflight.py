"""What has to be there before a schema changes: a way back.

A proven backup of the last day and an archive of the WAL that is up to date, with a restore point to go back to; where
that isn't so, a backup is taken then and there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, cast

from operations import backups, catalog, databases
from operations.errors import OperationError
from operations.postgres import Connection, Server
from operations.store import Store

Report = Callable[[str], None]

BACKUP_AGE: Final = timedelta(hours=24)
ARCHIVE_AGE: Final = timedelta(minutes=5)  # the RPO (facts.md 5)


def way_back(connection: Connection, server: Server, store: Store, name: str) -> str:
    """Find a way back, and say what it is; or say why there is none, beginning with `no `.

    Args:
        connection: to the primary.
        server: the database.
        store: with its backups.
        name: of the change, for the restore point.
    """
    own = catalog.moment(connection).system_identifier
    there = backups.listed(store, server.database)
    ours = [one for one in there if one.manifest.system_identifier == own and one.manifest.tested]
    if not ours or store.now() - ours[-1].published > BACKUP_AGE:
        return "no backup of the last 24 hours"
    row = connection.execute("SELECT now(), last_archived_time FROM pg_stat_archiver").fetchone()
    clock, archived = cast("tuple[datetime, datetime | None]", row)
    if archived is None or clock - archived > ARCHIVE_AGE:
        return "no WAL archived in the last 5 minutes"
    try:
        # The point is the whole server's; the right to make one is given there (components/database_cluster.py).
        with server.of(databases.MAINTENANCE).connect() as maintenance:
            maintenance.execute("SELECT pg_create_restore_point(%s)", (name,))
    except OperationError as error:
        return f"no restore point: {error.what}"
    return f"backup {ours[-1].manifest.id}, and the restore point {name}"
