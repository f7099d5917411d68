"""Asks PostgreSQL: does it answer, does it take writes, are there connections left, do replicas follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import psycopg

from operations.errors import OperationError
from operations.healthcheck.limits import CONNECTIONS_PERCENT
from operations.healthcheck.verdict import Finding, Verdict
from operations.postgres import Server

_COMPONENT: Final = "database"
_QUESTION: Final = """
SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int, current_setting('server_version')
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the server said.

    Attributes:
        recovering: it is a replica, or comes back from a crash.
        read_only: it takes no writes.
        connections: clients' sessions.
        maximum: of connections.
        version: of the server.
    """

    recovering: bool
    read_only: bool
    connections: int
    maximum: int
    version: str


def ask(url: str, seconds: float) -> Sequence[Finding]:
    """Log in and ask.

    Raises:
        OperationError: it doesn't answer, refuses, or takes no writes.
    """
    seen = _see(url, seconds)
    if seen.recovering or seen.read_only:
        what = "is a replica" if seen.recovering else "takes no writes"
        raise OperationError(
            f"{subject(url)} {what}", "POSTGRES_URL has to lead to the primary; see the runbook PostgresDown."
        )
    used = 100 * seen.connections / seen.maximum
    crowded = used > CONNECTIONS_PERCENT
    return [
        Finding(
            component=_COMPONENT,
            subject=subject(url),
            verdict=Verdict.DEGRADED if crowded else Verdict.HEALTHY,
            what=f"PostgreSQL {seen.version} answers; {seen.connections} of {seen.maximum} connections",
            how="See the runbook DatabaseConnectionsNearMaximum." if crowded else "",
        )
    ]


def subject(url: str) -> str:
    """The server and database without user or password."""
    server = Server.at(url)
    return f"{server.parameters.get('host', 'localhost')}:{server.parameters.get('port', 5432)}/{server.database}"


def _see(url: str, seconds: float) -> Seen:
    patience = max(int(seconds) - 1, 2)
    try:
        with psycopg.connect(
            url, connect_timeout=patience, options=f"-c statement_timeout={patience * 1000}"
        ) as connection:
            row = connection.execute(_QUESTION).fetchone()
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        what = said[-1] if said else type(error).__name__
        raise OperationError(
            what, "See the runbook PostgresDown; `python -m operations db status` once it answers."
        ) from None
    recovering, read_only, connections, maximum, version = cast("tuple[bool, bool, int, int, str]", row)
    return Seen(recovering=recovering, read_only=read_only, connections=connections, maximum=maximum, version=version)
