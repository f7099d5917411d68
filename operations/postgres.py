"""A PostgreSQL server: connections to it, and its own client tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from psycopg import conninfo
from psycopg.rows import TupleRow

from operations.errors import OperationError
from operations.parallel import Stop

Connection = psycopg.Connection[TupleRow]

_PAUSE: Final = 0.5
"""Seconds between two questions whether a program is still wanted."""
BIN_DIR: Final = "POSTGRES_BIN"
"""Where PostgreSQL's programs are, if they aren't on the PATH."""

STABLE: Final = {
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "synchronize_seqscans": "off",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "row_security": "off",
    "client_encoding": "UTF8",
    "search_path": "",
    "synchronous_commit": "off",
}
"""Settings under which data reads the same whatever the role's or the database's own are; as pg_dump's, save the last:
a restore is judged as a whole, so no single commit of it has to be on disk."""

_VARIABLES: Final = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


_PORTS: Final = re.compile(r"[0-9]+(,[0-9]+)*")
_NO_URL: Final = OperationError(
    "POSTGRES_URL is no PostgreSQL URL",
    "Write it as postgresql://user:password@host:5432/stratmaster; in a password / is %2F, @ is %40 and % is %25",
)


def options_of(settings: Mapping[str, str]) -> str:
    """Settings as libpq's `options`, which come after the role's and the database's own."""
    return " ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in settings.items())


@dataclass(frozen=True, kw_only=True)
class Server:
    """A database on a server, and how to reach it.

    Attributes:
        parameters: libpq's, by name; the password among them, so this is never printed.
    """

    parameters: Mapping[str, str]

    @classmethod
    def at(cls, url: str) -> Server:
        """The database at a URL.

        Raises:
            OperationError: it is no PostgreSQL URL, or names no database.
        """
        try:
            parameters = {key: str(value) for key, value in conninfo.conninfo_to_dict(url).items() if value is not None}
        except psycopg.ProgrammingError:
            raise _NO_URL from None
        # A password with a slash ends the host early, and the rest of it would be shown as a port or a name.
        if not _PORTS.fullmatch(parameters.get("port", "5432")) or "@" in parameters.get("dbname", ""):
            raise _NO_URL
        if not parameters.get("dbname"):
            raise OperationError("POSTGRES_URL names no database", "Add its name: …:5432/stratmaster")
        return cls(parameters=parameters)

    @property
    def database(self) -> str:
        """The database's name."""
        return self.parameters["dbname"]

    @property
    def place(self) -> str:
        """Where it is, without any password."""
        return f"{self.database} on {self.parameters.get('host', 'localhost')}:{self.parameters.get('port', '5432')}"

    def of(self, database: str) -> Server:
        """Another database on the same server."""
        return replace(self, parameters={**self.parameters, "dbname": database})

    def environment(self, settings: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a client tool is started with: the password stays out of its arguments.

        Args:
            settings: of the tool's sessions.
        """
        rest = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        named = {_VARIABLES[key]: value for key, value in self.parameters.items() if key in _VARIABLES}
        return {**rest, **named, "PGOPTIONS": options_of(settings or {}), "PGCONNECT_TIMEOUT": "10"}

    @contextmanager
    def connect(self, settings: Mapping[str, str] | None = None, *, autocommit: bool = True) -> Generator[Connection]:
        """A connection; closed afterwards, and what wasn't committed is rolled back.

        Args:
            settings: of the session.
            autocommit: whether each statement is a transaction of its own.

        Raises:
            OperationError: nothing answers there, or the server refuses, then or later.
        """
        try:
            connection = psycopg.connect(
                conninfo.make_conninfo(
                    **{"connect_timeout": "10", **self.parameters, "options": options_of(settings or {})}
                ),
                autocommit=autocommit,
            )
        except psycopg.OperationalError as error:
            raise OperationError(
                f"no connection to {self.place}: {last_line(error)}",
                "Is the server up, and are host, port, user and password in POSTGRES_URL right?",
            ) from None
        try:
            yield connection
        except psycopg.Error as error:
            raise OperationError(
                f"{self.place} says: {last_line(error)}", "Nothing was left half-done. Mend that, then run it again."
            ) from error
        finally:
            connection.close()


def last_line(error: BaseException | str) -> str:
    """What an error says, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def value(connection: Connection, query: LiteralString, *parameters: object) -> object:
    """The first column of the first row."""
    row = connection.execute(query, parameters or None).fetchone()
    return row[0] if row else None


def tool(name: str) -> str:
    """The path of one of PostgreSQL's programs.

    Raises:
        OperationError: it isn't installed.
    """
    folder = os.environ.get(BIN_DIR)
    found = shutil.which(name, path=folder) if folder else shutil.which(name)
    if found is None:
        raise OperationError(
            f"{name} is not {'in ' + folder if folder else 'on the PATH'}",
            f"Install PostgreSQL's programs, or set {BIN_DIR} to their folder.",
        )
    return found


def major_of_tool(name: str) -> int:
    """The major version of one of PostgreSQL's programs."""
    printed = subprocess.run([tool(name), "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    if found is None:
        raise OperationError(f"{name} is no PostgreSQL program: {printed.strip()}", f"Check {BIN_DIR} and the PATH.")
    return int(found.group(1))


def refuse_older_tools(connection: Connection) -> None:
    """Refuse to dump a server with older tools: they would leave out what they don't know.

    Raises:
        OperationError: pg_dump is older than the server.
    """
    server, ours = connection.info.server_version // 10_000, major_of_tool("pg_dump")
    if ours < server:
        raise OperationError(
            f"pg_dump {ours} is older than the server, which is PostgreSQL {server}",
            f"Use an image with the tools of PostgreSQL {server} or newer.",
        )


def run_tool(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    doing: str,
    to: Path | None = None,
    stop: Stop | None = None,
) -> str:
    """Run one of PostgreSQL's programs to its end.

    Args:
        arguments: its name, then what it is told.
        environment: from `Server.environment`.
        doing: what it is for, as the error's subject.
        to: the file that its output goes to; else it is returned.
        stop: whom to ask whether it is still wanted.

    Raises:
        OperationError: it failed; its own first words are in it.
        StoppedError: it isn't wanted any more.
    """
    command = [tool(arguments[0]), *arguments[1:]]
    with ExitStack() as opened:
        output = subprocess.PIPE if to is None else opened.enter_context(to.open("wb"))
        process = opened.enter_context(
            subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.PIPE)
        )
        opened.callback(process.kill)
        printed, said = _end(process, stop)
    if process.returncode != 0:
        # pg_amcheck says on its standard output what it found.
        words = "\n".join(text.decode(errors="replace") for text in (said, printed or b""))
        raise OperationError(
            f"{doing} failed: {first_error(words)}", f"{arguments[0]} said so; mend that, run it again."
        )
    return "" if to is not None else printed.decode(errors="surrogateescape")  # a name may be in another encoding


def _end(process: subprocess.Popen[bytes], stop: Stop | None) -> tuple[bytes, bytes]:
    while stop is not None:
        stop.check()
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_PAUSE)
    return process.communicate()


def first_error(said: str) -> str:
    """The line of what a tool said that tells most."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("NOTICE:")]
    telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return (telling or lines or ["it said nothing"])[0]
