"""How long Redis takes to answer, as `redis-cli --latency` measures it: the time from PING to PONG."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from operations.errors import OperationError

PINGS: Final = 100
TIMEOUT_SECONDS: Final = 5
_PORT: Final = 6379


@dataclass(frozen=True, kw_only=True)
class Latency:
    """In milliseconds."""

    minimum: float
    average: float
    maximum: float


def where(url: str) -> tuple[str, int]:
    """Host and port.

    Raises:
        OperationError: it is no Redis URL; what it is isn't said, since a part of it is a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host, port, parts = None, 0, urlsplit("")
    if parts.scheme not in {"redis", "rediss"} or not host:
        how = "Write it as redis://:password@host:6379/0; in a password / is %2F, @ is %40 and # is %23"
        raise OperationError("REDIS_URL is no Redis URL", how)
    return host, port


def measure(url: str, pings: int = PINGS) -> Latency:
    """Ping a Redis.

    Args:
        url: `redis://:password@host:6379/0`, or `rediss://` for TLS.
        pings: how often.

    Raises:
        OperationError: it can't be reached, or refuses.
    """
    (host, port), parts = where(url), urlsplit(url)
    place = f"{host}:{port}"
    try:
        plain = socket.create_connection((host, port), timeout=TIMEOUT_SECONDS)
        tls = parts.scheme == "rediss"
        connection = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if tls else plain
        with closing(connection):
            if parts.password:
                login = [unquote(word) for word in (parts.username, parts.password) if word]
                _ask(connection, place, "AUTH", *login)
            times = [_timed(connection, place) for _ in range(pings)]
    except OSError as error:
        raise OperationError(f"no answer from Redis at {place}: {error}", "Is it up, and is REDIS_URL right?") from None
    return Latency(minimum=min(times), average=sum(times) / len(times), maximum=max(times))


def _timed(connection: socket.socket, place: str) -> float:
    begun = time.perf_counter()
    _ask(connection, place, "PING")
    return (time.perf_counter() - begun) * 1000


def _ask(connection: socket.socket, place: str, *words: str) -> None:
    body = b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)
    connection.sendall(b"*%d\r\n%s" % (len(words), body))
    answer = b""
    while not answer.endswith(b"\r\n"):
        received = connection.recv(4096)
        if not received:
            raise OperationError(f"Redis at {place} hung up", "Look at its log.")
        answer += received
    if not answer.startswith(b"+"):
        said = answer.decode(errors="replace").strip().lstrip("-")
        raise OperationError(f"Redis at {place} refuses: {said}", "Is the password in REDIS_URL right?")
