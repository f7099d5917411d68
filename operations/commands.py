"""What each command does, from its options and the environment to what it prints."""

from __future__ import annotations

import argparse
import json
import time
from datetime import timedelta

from operations import backups, ledger, metrics, migrations, recovery_commands
from operations import restore as restoring
from operations.backup import back_up, read_back
from operations.drill import check
from operations.environment import Environment
from operations.errors import OperationError
from operations.healthcheck import command as healthcheck
from operations.manifest import Manifest
from operations.postgres import Server
from operations.proving import restores_in_part
from operations.prune import prune as prune_old
from operations.records import recorded
from operations.saying import say
from operations.scripts import write_script
from operations.store import Store


def backup(options: argparse.Namespace, environment: Environment) -> None:
    """Take a backup."""
    server, store, workers = Server.at(environment.url()), Store.of(environment), environment.workers()
    begun = time.monotonic()
    if options.plain or options.schema_only:
        operation = metrics.SCHEMA if options.schema_only else metrics.BACKUP_PLAIN
        with recorded(server, operation) as run:
            taken = write_script(server, store, "schema" if options.schema_only else "plain")
            run.size = taken.stored_bytes
    else:
        with recorded(server, metrics.BACKUP) as run:
            taken = back_up(
                server, store, workers=workers, proof=lambda manifest: restores_in_part(store, workers, manifest)
            )
            run.size, run.verified, run.detail = taken.stored_bytes, True, {"id": taken.id}
    say(f"published {_line(taken)} in {time.monotonic() - begun:.1f} s")


def restore(options: argparse.Namespace, environment: Environment) -> None:
    """Put a database back to a backup, or fetch a server's data as they were at a moment."""
    if options.to_time or options.to_xid or options.to_name:
        recovery_commands.restore_to(options, environment)
        return
    server, store = Server.at(environment.url()), Store.of(environment)
    emergency = options.backup_date is not None
    choice = backups.Choice(date=options.backup_date) if emergency else _choice(options)
    manifest = backups.find(store, server.database, choice)
    begun = time.monotonic()
    with recorded(server, metrics.RESTORE) as run:
        what = restoring.Restore(
            server=server,
            store=store,
            manifest=manifest,
            force=options.force or emergency,
            create_roles=options.create_roles or emergency,
            workers=environment.workers(),
            report=say,
        )
        done = restoring.restore(what)
        run.size, run.verified, run.detail = manifest.stored_bytes, True, {"id": manifest.id, "rows": done.rows}
    say(f"{server.database} is as it was at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {done.rows} rows")
    if done.kept_as:
        say(f"what was there before is kept as {done.kept_as}; drop it once you are sure")
    if done.safety_backup:
        say(f"it was backed up before, too: restore --id {done.safety_backup}")
    say(f"restored {manifest.id} in {time.monotonic() - begun:.1f} s")
    if emergency:
        _check(server, environment)


def _check(server: Server, environment: Environment) -> None:
    """What the guide does after an emergency restore: see whether all of it is well, and fail if it isn't."""
    say(check(server))
    with server.connect({"default_transaction_read_only": "on"}) as connection:
        state = ledger.state(connection, migrations.read())
    pending = [migration.name for migration in state.pending]
    if pending:
        raise OperationError(
            f"restored, but the schema is older than this version: {', '.join(pending)} not applied",
            "Run `python -m operations migrate` before the slots are started.",
        )
    say(f"the schema is this version's: {len(state.applied)} migrations applied, none edited")
    # Of what a restore brings back; the slots are still down.
    asked = argparse.ArgumentParser()
    healthcheck.add(asked)
    if healthcheck.healthcheck(asked.parse_args(["--component", "database", "--strict"]), environment):
        raise OperationError(
            "restored, but the strict health check of the database says that it isn't well",
            "Mend what it names above, start the slots, then `healthcheck --comprehensive --strict`.",
        )


def verify(options: argparse.Namespace, environment: Environment) -> None:
    """Read a backup back whole and restore a part of it."""
    server, store, workers = Server.at(environment.url()), Store.of(environment), environment.workers()
    with recorded(server, metrics.VERIFY) as run:
        manifest = backups.find(store, server.database, _choice(options))
        run.size = read_back(store, manifest.files, workers)
        rows = restores_in_part(store, workers, manifest)
        run.verified, run.detail = True, {"id": manifest.id, "rows": rows}
    say(f"{manifest.id} is good: {run.size} bytes read back, {rows} rows restored")


def prune(_options: argparse.Namespace, environment: Environment) -> None:
    """Delete old backups."""
    server, store, days = Server.at(environment.url()), Store.of(environment), environment.retention_days()
    with recorded(server, metrics.PRUNE) as run:
        gone = prune_old(store, server.database, timedelta(days=days))
        run.size = sum(manifest.stored_bytes for manifest in gone.backups)
    for manifest in gone.backups:
        say(f"deleted {manifest.id} ({manifest.kind}, {manifest.stored_bytes} bytes)")
    for name in gone.abandoned:
        say(f"deleted what the run {name} left and never published")
    say(f"{len(gone.backups)} deleted; kept are those of {days} days, and older ones where none is younger")


def list_backups(options: argparse.Namespace, environment: Environment) -> None:
    """Say which backups there are."""
    server, store = Server.at(environment.url()), Store.of(environment)
    there = backups.all_of(store, server.database, ("full", "safety"))
    if options.json:
        say(
            json.dumps(
                [
                    {
                        "id": one.id,
                        "kind": one.kind,
                        "takenAt": one.taken_at.isoformat(),
                        "bytes": one.stored_bytes,
                        "lsn": one.lsn,
                    }
                    for one in there
                ]
            )
        )
        return
    for one in there:
        say(_line(one))


def _choice(options: argparse.Namespace) -> backups.Choice:
    return backups.Choice(date=options.date, id=options.id)


def _line(manifest: Manifest) -> str:
    return f"{manifest.id} ({manifest.kind}, {manifest.stored_bytes} bytes for {manifest.plain_bytes})"
