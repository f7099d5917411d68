"""The API's stand-in at one pod's address: an HTTP/1.1 server that answers with who it is."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

PORT = 8080
END_OF_HEAD = b"\r\n\r\n"


class Api:
    """One pod's server.

    It answers every path with its namespace, its name and whether it is ready; `?seconds=2` makes it take its time.
    It isn't StratMaster: what is tested is the way to it.
    """

    def __init__(self, address: str, namespace: str, name: str) -> None:
        """Name a server; it listens after `start`."""
        self.ready = False
        self._address = address
        self._identity = {"namespace": namespace, "pod": name}
        self._server: asyncio.Server | None = None
        self._idle: set[asyncio.StreamWriter] = set()
        self._stopping = False

    async def start(self) -> None:
        """Listen at the pod's address."""
        self._server = await asyncio.start_server(self._converse, self._address, PORT)

    async def stop(self) -> None:
        """Take no new connection, close those that wait for a request, let the others finish their answer."""
        self._stopping = True
        if self._server:
            self._server.close()
        for writer in tuple(self._idle):
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not self._stopping:
                self._idle.add(writer)
                head = await reader.readuntil(END_OF_HEAD)
                self._idle.discard(writer)
                writer.write(await self._answer(head.split(b" ", 2)[1].decode()))
                await writer.drain()
        self._idle.discard(writer)
        writer.close()

    async def _answer(self, target: str) -> bytes:
        ready = self.ready
        parts = urlsplit(target)
        await asyncio.sleep(float(parse_qs(parts.query).get("seconds", ["0"])[0]))
        body = json.dumps({**self._identity, "ready": ready, "path": parts.path}).encode()
        close = "Connection: close\r\n" if self._stopping else ""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{close}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body
