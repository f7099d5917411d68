"""A user of StratMaster: HTTP and HTTPS to the gateway, with the certificate checked."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GATEWAY = "127.0.0.1"
# Contour has Envoy listen there for a Gateway's ports 80 and 443; in a cluster a Service leads from one to the other.
PORTS = {"http": 8080, "https": 8443}
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back.

    Args:
        status: the HTTP status.
        headers: by lower-case name.
        body: as text.
    """

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass
class Client:
    """One user, with at most one connection at a time.

    Args:
        host: the name that is asked for.
        authority: the certificate that the gateway's has to be signed by.
        scheme: http or https.
        keep_alive: use a connection until the gateway closes it; else a new one for each request.
    """

    host: str
    authority: Path
    scheme: str = "https"
    keep_alive: bool = True
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=str(self.authority)) if self.scheme == "https" else None
        self._connection = _Connection(self.host, PORTS[self.scheme], context)

    def get(self, path: str) -> Answer:
        """Ask once. Nothing is tried again.

        Raises:
            OSError: no connection, or it broke off.
            http.client.HTTPException: what came back isn't HTTP.
        """
        connection = self._connection
        try:
            headers = {"Host": self.host, **({} if self.keep_alive else {"Connection": "close"})}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        return Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=body,
        )


class _Connection(http.client.HTTPConnection):
    """To the gateway, whatever the name stands for elsewhere."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._context = context

    def connect(self) -> None:
        plain = socket.create_connection((GATEWAY, self.port), TIMEOUT_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain
