"""A small client of the API server, over kept-alive TLS connections.

The plane itself needs to send whole objects and to ask whether something is there; importing a full Kubernetes
client for that would cost a second of every start.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from typing import TYPE_CHECKING, Self, cast

from rehearsal.control_plane.certificates import AUTHORITY
from rehearsal.control_plane.ports import LOOPBACK
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from pathlib import Path

MANAGER = "rehearsal"
TIMEOUT_SECONDS = 30.0
OK = range(200, 300)


class Api:
    """The API server as the plane's administrator, with one connection for each thread that asks."""

    def __init__(self, port: int, pki: Path) -> None:
        """Load the credentials.

        Args:
            port: the API server's port on 127.0.0.1.
            pki: folder with the authority and the client certificate `admin`.
        """
        self._port = port
        self._context = ssl.create_default_context(cafile=str(pki / f"{AUTHORITY}.crt"))
        self._context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self._local = threading.local()
        self._open: list[http.client.HTTPSConnection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._open:
            connection.close()

    def status(self, path: str) -> int:
        """The HTTP status of a GET; 0 where nothing answers."""
        try:
            return self._ask("GET", path)[0]
        except OSError:
            return 0

    def text(self, path: str) -> str:
        """The body at a path; empty where there is none, or nothing answers."""
        try:
            status, body = self._ask("GET", path)
        except OSError:
            return ""
        return body.decode() if status in OK else ""

    def get(self, path: str) -> dict[str, object]:
        """The JSON at a path; empty where there is none.

        Raises:
            OSError: nothing answers.
        """
        status, body = self._ask("GET", path)
        return cast("dict[str, object]", json.loads(body)) if status in OK else {}

    def apply(self, path: str, document: bytes) -> None:
        """Apply an object server-side.

        Args:
            path: the object's own path, with its name.
            document: the object as JSON.

        Raises:
            RehearsalError: the API server refused it.
        """
        status, body = self._ask(
            "PATCH",
            f"{path}?fieldManager={MANAGER}&force=true",
            document,
            {"Content-Type": "application/apply-patch+yaml"},
        )
        if status not in OK:
            raise RehearsalError(
                f"The control plane refused {path}: {_message(body)}",
                "Run `python -m rehearsal stop` and start again; if it stays, the object itself is wrong.",
            )

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPSConnection(
                LOOPBACK, self._port, timeout=TIMEOUT_SECONDS, context=self._context
            )
            self._local.connection = connection
            self._open.append(connection)
        try:
            connection.request(method, path, body, {"Accept": "application/json", **(headers or {})})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            # Closed, it connects anew at the next request.
            connection.close()
            raise OSError(str(error)) from error


def _message(body: bytes) -> str:
    try:
        return str(cast("dict[str, object]", json.loads(body)).get("message"))
    except ValueError:
        return body.decode(errors="replace")
