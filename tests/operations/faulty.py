"""An S3 API that fails now and then: a proxy before the real one."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import SplitResult, urlsplit


class Fault(Enum):
    """What it does instead of answering."""

    INTERNAL_ERROR = "500"
    SLOW_DOWN = "503"
    HANG_UP = "hang up"
    SHORT = "short"
    WRONG_KEY = "400"
    """S3's answer to a KMS key that isn't there or may not be used by this role."""


_CODES = {
    Fault.INTERNAL_ERROR: "InternalError",
    Fault.SLOW_DOWN: "SlowDown",
    Fault.WRONG_KEY: "KMS.NotFoundException",
}


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: str, fault: Fault, every: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.place, self.fault, self.every, self.count = urlsplit(endpoint), fault, every, itertools.count(1)

    def is_ill(self, request: BaseHTTPRequestHandler) -> bool:
        if self.fault is Fault.WRONG_KEY:
            return "x-amz-server-side-encryption-aws-kms-key-id" in request.headers
        return next(self.count) % self.every == 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing."""

    def _serve(self) -> None:
        proxy = cast("_Proxy", self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        ill = proxy.is_ill(self)
        if ill and proxy.fault is Fault.HANG_UP:
            self.close_connection = True
            return
        if ill and proxy.fault in _CODES:
            text = f"<Error><Code>{_CODES[proxy.fault]}</Code><Message>not now</Message></Error>".encode()
            self.send_response(int(proxy.fault.value))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        self._pass_on(proxy.place, body, short=ill and proxy.fault is Fault.SHORT)

    def _pass_on(self, place: SplitResult, body: bytes, *, short: bool) -> None:
        upstream = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        upstream.request(self.command, self.path, body=body, headers=headers)
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length", "date", "server"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        if short and self.command == "GET" and content:
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(content)
        upstream.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve  # noqa: N815 - their names


@contextmanager
def faulty_s3(endpoint: str, fault: Fault, every: int) -> Generator[str]:
    """The proxy's endpoint.

    Args:
        endpoint: the real one's.
        fault: what goes wrong.
        every: with each so many requests; a wrong key with each that names one.
    """
    server = _Proxy(endpoint, fault, every)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
