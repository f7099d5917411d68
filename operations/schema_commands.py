"""What `migrate` and its actions do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from operations import catalog, ledger, metrics, migrations
from operations import migrate as migrating
from operations.backup import back_up
from operations.environment import BUCKET, Environment
from operations.errors import OperationError
from operations.postgres import Connection, Server
from operations.preflight import way_back
from operations.proving import restores_in_part
from operations.records import recorded
from operations.saying import say
from operations.store import Store


def migrate(options: argparse.Namespace, environment: Environment) -> None:
    """Bring the schema to this version."""
    server, known = Server.at(environment.url()), migrations.read()
    if options.dry_run:
        _dry_run(options, server, known)
        return
    with recorded(server, metrics.MIGRATE) as run, migrating.primary(server) as connection:
        state = ledger.state(connection, known)
        due = migrating.due(state.pending, contract=options.contract)
        if due:
            _provide_way_back(connection, server, environment, f"before {due[0].name}")
        for migration in due:
            if options.verbose:
                say(migration.sql)
        migrating.apply(connection, due, say)
        run.detail = {"applied": len(due)}
    _say_rest(state, due)


def _dry_run(options: argparse.Namespace, server: Server, known: Sequence[migrations.Migration]) -> None:
    with server.connect({"default_transaction_read_only": "on"}) as connection:
        state = ledger.state(connection, known)
    due = migrating.due(state.pending, contract=options.contract)
    for migration in due:
        say(f"would apply {migration.name} ({migration.phase})")
        if options.verbose:
            say(migration.sql)
    _say_rest(state, due)


def _say_rest(state: ledger.State, due: Sequence[migrations.Migration]) -> None:
    if not due:
        say("the schema is this version's: nothing to apply")
    for migration in state.pending:
        if migration not in due:
            say(f"left for later: {migration.name} (contract): add --contract when no older version runs any more")
    for one in state.unknown:
        say(f"of a newer version, which does no harm: {one.name} ({one.phase})")


def _provide_way_back(connection: Connection, server: Server, environment: Environment, name: str) -> None:
    if not catalog.tables(connection):
        say("the database is empty: no backup is needed before")
        return
    if BUCKET not in environment.variables:
        say(f"no backup before: {BUCKET} is not set")
        return
    store, workers = Store.of(environment), environment.workers()
    found = way_back(connection, server, store, name)
    if found.startswith("no "):
        say(f"{found}, so one is taken now")
        taken = back_up(server, store, workers=workers, proof=lambda one: restores_in_part(store, workers, one))
        found = f"backup {taken.id}"
    say(f"the way back: {found}")


def status(_options: argparse.Namespace, environment: Environment) -> None:
    """Say what is applied and what is not."""
    known = migrations.read()
    with Server.at(environment.url()).connect({"default_transaction_read_only": "on"}) as connection:
        state = ledger.state(connection, known)
    for migration in known:
        one = state.applied.get(migration.name)
        say(f"{migration.name}  {migration.phase}  {f'{one.applied_at:%Y-%m-%d %H:%M:%S}' if one else 'pending'}")
    for one in state.unknown:
        say(f"{one.name}  {one.phase}  {one.applied_at:%Y-%m-%d %H:%M:%S}, of a newer version")


def verify(_options: argparse.Namespace, environment: Environment) -> None:
    """Fail unless the schema is this version's."""
    known = migrations.read()
    with Server.at(environment.url()).connect({"default_transaction_read_only": "on"}) as connection:
        state = ledger.state(connection, known)
        pending = migrating.due(state.pending, contract=False)
        if pending:
            names = ", ".join(migration.name for migration in pending)
            raise OperationError(f"not applied: {names}", "Run `python -m operations migrate`.")
    say(f"the schema is this version's: {len(state.applied)} migrations applied, none edited")


def rollback(options: argparse.Namespace, environment: Environment) -> None:
    """Take the newest migration back."""
    server, known = Server.at(environment.url()), migrations.read()
    with recorded(server, metrics.MIGRATE) as run, migrating.primary(server) as connection:
        _provide_way_back(connection, server, environment, f"before the rollback of {options.number:03}")
        migration = migrating.roll_back(connection, known, options.number)
        run.detail = {"rolled_back": migration.name}
    say(f"rolled back {migration.name}")
