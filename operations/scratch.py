"""A PostgreSQL server of one's own for a while: where a backup is tried, away from the one that serves.

It listens on a socket in a folder that only this user can enter, on no port, and is gone afterwards with all its data.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from operations.errors import OperationError
from operations.postgres import Server, first_error, tool

SETTINGS: Final = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "64MB",
    "max_connections": "20",
}
"""Data that is thrown away needs no protection from a crash."""

UNPRIVILEGED: Final = "nobody"


@contextmanager
def scratch_server(folder: Path | None = None, settings: Mapping[str, str] | None = None) -> Generator[Server]:
    """A running server, and its database `postgres`.

    Args:
        folder: where its data are to be; it needs room for them.
        settings: beside `SETTINGS`.

    Raises:
        OperationError: PostgreSQL's server isn't installed here, or doesn't start.
    """
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=folder, ignore_cleanup_errors=True) as made:
        home = Path(made)
        provide(home)
        data = home / "data"
        run(["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"], home)
        with (data / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = {value}\n" for name, value in {**SETTINGS, **(settings or {})}.items())
        with running(data, home):
            yield Server(parameters={"host": str(home), "user": "postgres", "dbname": "postgres"})


@contextmanager
def running(data: Path, home: Path, options: Sequence[str] = ()) -> Generator[None]:
    """Run the server whose data are in a folder.

    Args:
        data: its data.
        home: where its socket and its log are to be.
        options: of the server.

    Raises:
        OperationError: it doesn't start; its log's last words are in it.
    """
    log = home / "log"
    control = ["pg_ctl", "-D", str(data), "-s"]
    try:
        run(
            [*control, "-l", str(log), "-o", " ".join(["-k", str(home), *options]), "-w", "-t", "3600", "start"],
            home,
            log,
        )
        yield
    finally:
        run([*control, "-m", "immediate", "stop"], home, fails=True)


def provide(path: Path) -> None:
    """Give a file or folder to the user that servers run as: PostgreSQL refuses to be run by root."""
    if os.geteuid() == 0:
        os.chown(path, pwd.getpwnam(UNPRIVILEGED).pw_uid, -1)


def run(command: Sequence[str], home: Path, log: Path | None = None, *, fails: bool = False) -> None:
    """Run one of the server's programs, as nobody if this is root.

    Its output goes to a file, since a server that it starts would keep a pipe open.
    """
    said = home / f"{command[0]}.said"
    with said.open("wb") as output:
        done = subprocess.run(
            [tool(command[0]), *command[1:]],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
            check=False,
        )
    if done.returncode != 0 and not fails:
        words = (log if log and log.exists() else said).read_text(errors="replace")
        raise OperationError(
            f"{command[0]} of a scratch server failed: {first_error(words)}",
            "Is there room on the disk, and is PostgreSQL's server installed here?",
        )
