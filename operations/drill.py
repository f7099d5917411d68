"""The drill: a whole restore, for practice, on a server that is thrown away, with a clock beside it.

It answers two questions before anybody has to ask them: how long it would take (RTO), and how much would be lost (RPO).
With an archive of the WAL it goes to a random position first, which shows that any moment can be had, then as far as
the archive reaches. Without one it restores the newest full backup.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from psycopg import sql

from operations import catalog, databases, physical
from operations.environment import Environment
from operations.errors import OperationError
from operations.loading import Load, load
from operations.manifest import Manifest
from operations.physical import Archive, BaseBackup, Target
from operations.postgres import Connection, Server, first_error, run_tool, value
from operations.proving import portable
from operations.scratch import provide, run, running, scratch_server
from operations.store import Store

Report = Callable[[str], None]
NAME: Final = "drill"
_PAUSE: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """What a drill measured.

    Attributes:
        rto_seconds: from its start to a database that passed its checks.
        rpo_seconds: age of the newest transaction that came back, when the drill began.
        database_bytes: what was restored.
        checked: what was checked, in words.
    """

    rto_seconds: float
    rpo_seconds: float
    database_bytes: int
    checked: str


def drill_logical(store: Store, manifest: Manifest, environment: Environment, now: datetime) -> Drilled:
    """Restore a full backup, whole.

    Raises:
        OperationError: it doesn't come back.
    """
    begun = time.monotonic()
    with scratch_server(environment.scratch()) as server:
        with server.connect() as connection:
            databases.provide_roles(connection, manifest.full.properties, create_missing=True)
            databases.create(connection, NAME, portable(manifest))
        target = server.of(NAME)
        load(Load(store=store, manifest=manifest, server=target, workers=environment.workers()))
        checked = check(target)
        with target.connect() as connection:
            size = _size(connection)
        rto = time.monotonic() - begun
    rpo = (now - manifest.taken_at).total_seconds()
    return Drilled(rto_seconds=rto, rpo_seconds=rpo, database_bytes=size, checked=checked)


def drill_physical(archive: Archive, database: str, environment: Environment, report: Report) -> Drilled:
    """Restore the newest physical backup and replay the WAL: to a random position, then to its end.

    Raises:
        OperationError: it doesn't come back, or the archive has nothing newer than the backup.
    """
    begun, now = time.monotonic(), datetime.now(tz=UTC)
    last = physical.last_segment(archive)  # the server goes on archiving, but as if it had been lost at this moment
    backup = physical.base_backups(archive)[-1]
    with tempfile.TemporaryDirectory(prefix="drill-", dir=environment.scratch(), ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        provide(home)
        data = home / "data"
        physical.fetch(archive, backup, data)
        (data / "recovery.signal").touch()
        provide(data / "recovery.signal")
        _stop_at_random(archive, backup, home, last, report)
        with running(data, home, _options(archive.restore_command_until(last), home, Target())):
            server = Server(parameters={"host": str(home), "user": "postgres", "dbname": database})
            _wait_until_open(server, home)
            checked = check(server)
            with server.connect() as connection:
                newest = cast("datetime | None", value(connection, "SELECT pg_last_xact_replay_timestamp()"))
                size = _size(connection)
            rto = time.monotonic() - begun
    if newest is None:
        raise OperationError(
            f"the archive holds no transaction that is newer than the backup {backup.id}",
            "Is the server archiving its WAL? `SELECT * FROM pg_stat_archiver` tells.",
        )
    rpo = max((now - newest).total_seconds(), 0)
    return Drilled(rto_seconds=rto, rpo_seconds=rpo, database_bytes=size, checked=checked)


def check(server: Server) -> str:
    """Ask a restored database whether it is well.

    pg_amcheck reads every table and index; where the server lacks its extension, every row is read instead.

    Raises:
        OperationError: it isn't.
    """
    with server.connect() as connection:
        amcheck = value(connection, "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'")
        tables = catalog.tables(connection)
        if not amcheck:
            rows = sum(_count(connection, table) for table in tables)
            return f"{rows} rows in {len(tables)} tables read; amcheck is not available on this machine"
    command = ["pg_amcheck", "--install-missing", "--heapallindexed", "--database", server.database]
    run_tool(command, server.environment(), doing="pg_amcheck")
    return f"pg_amcheck has nothing against {len(tables)} tables and their indexes"


def _count(connection: Connection, table: catalog.TableToCopy) -> int:
    # The whole row, so that every value is read and not only the rows' headers.
    query = sql.SQL("SELECT count(t::text) FROM ONLY {} t").format(table.identifier)
    return int(cast("tuple[int]", connection.execute(query).fetchone())[0])


def _size(connection: Connection) -> int:
    return cast("int", value(connection, "SELECT pg_database_size(current_database())"))


def _stop_at_random(archive: Archive, backup: BaseBackup, home: Path, last: str, report: Report) -> None:
    """Go to a random position behind the backup and shut down there; PostgreSQL's log tells whether it arrived."""
    first = physical.position(backup.end_lsn)
    target = physical.lsn(first + secrets.randbelow(max(physical.beginning(last) - first, 1)))
    options = _options(archive.restore_command, home, Target(kind="lsn", value=target), "shutdown")
    log = home / "log"
    command = ["pg_ctl", "-D", str(home / "data"), "-s", "-l", str(log), "-o", " ".join(options), "-w", "-t", "3600"]
    run([*command, "start"], home, fails=True)
    while (home / "data" / "postmaster.pid").exists():  # it ends by itself, there or by an error
        time.sleep(_PAUSE)
    said = log.read_text(errors="replace")
    if "recovery stopping" not in said:
        raise OperationError(
            f"the WAL can't be replayed to {target}", f"The server's log ends with: {first_error(said)}"
        )
    report(f"replayed to {target}, a random position in the archive")


def _wait_until_open(server: Server, home: Path) -> None:
    """Wait for the end of the replay; pg_ctl doesn't, where nobody may connect before it."""
    while True:
        try:
            with server.connect():
                return
        except OperationError:
            if not (home / "data" / "postmaster.pid").exists():
                said = _fatal((home / "log").read_text(errors="replace"))
                raise OperationError("the WAL can't be replayed", f"The server's log says: {said}") from None
            time.sleep(_PAUSE)


def _fatal(said: str) -> str:
    lines = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line]
    return lines[-1] if lines else first_error(said)


def _options(restore_command: str, home: Path, target: Target, action: str = "promote") -> list[str]:
    """The drill's own settings: those that came with the data name files and limits of another machine."""
    config, access = home / "drill.conf", home / "drill_hba.conf"
    access.write_text("local all all trust\n")
    settings = {
        **target.settings(action),
        "restore_command": restore_command,
        "hba_file": str(access),
        "ident_file": "/dev/null",
        "hot_standby": "off",
        "archive_mode": "off",
        "max_wal_size": "4GB",
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "fsync": "off",
    }
    config.write_text("".join(f"{name} = {physical.quoted(text)}\n" for name, text in settings.items()))
    (home / "data" / "postgresql.auto.conf").write_text("")
    provide(config)
    provide(access)
    return ["-c", f"config_file={config}", "-c", f"data_directory={home / 'data'}"]
