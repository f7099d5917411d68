"""What `drill` and `restore --to-time` do."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from operations import backups, metrics, physical
from operations.drill import Drilled, drill_logical, drill_physical
from operations.environment import WAL_ARCHIVE, Environment
from operations.errors import OperationError
from operations.physical import Archive, Target
from operations.postgres import Server
from operations.records import recorded
from operations.saying import say
from operations.store import Store


def drill(_options: argparse.Namespace, environment: Environment) -> None:
    """Restore for practice, and measure."""
    server = Server.at(environment.url())
    with recorded(server, metrics.DRILL) as run:
        done = _drill(server, environment)
        run.verified = True
        run.detail = {
            "rto_seconds": round(done.rto_seconds, 3),
            "rpo_seconds": round(done.rpo_seconds, 3),
            "database_bytes": done.database_bytes,
        }
    say(done.checked)
    say(f"RTO {done.rto_seconds:.1f} s for {done.database_bytes} bytes, RPO {done.rpo_seconds:.1f} s")


def _drill(server: Server, environment: Environment) -> Drilled:
    if environment.has(WAL_ARCHIVE):
        return drill_physical(_archive(environment), server.database, environment, say)
    store = Store.of(environment)
    manifest = backups.find(store, server.database, backups.Choice())
    return drill_logical(store, manifest, environment, datetime.now(tz=UTC))


def restore_to(options: argparse.Namespace, environment: Environment) -> None:
    """Fetch a physical backup and set it to go on to a moment."""
    if options.into is None:
        raise OperationError("where to is not said", "Add --into with a new folder for the server's data.")
    kind, value = next((kind, value) for kind in ("time", "xid", "name") if (value := getattr(options, f"to_{kind}")))
    archive, target, data = _archive(environment), Target(kind=kind, value=value), Path(options.into)
    backup = physical.chosen(physical.base_backups(archive), target)
    say(f"fetching {backup.id}, whole at {backup.ended:%Y-%m-%d %H:%M:%S%z}")
    physical.fetch(archive, backup, data)
    physical.prepare(archive, data, target)
    say(f"{data} goes on to {kind} {value} when its server starts: pg_ctl -D {data} -w start")


def _archive(environment: Environment) -> Archive:
    return Archive(url=environment.wal_archive(), server=environment.wal_server())
