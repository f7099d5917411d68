"""An S3 API that fails now and then: a proxy before the real one."""

from __future__ import annotations

import http.client
import itertools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Fault(Enum):
    """What it does instead of answering."""

    INTERNAL_ERROR = "500"
    SLOW_DOWN = "503"
    HANG_UP = "hang up"
    SHORT = "short"


@contextmanager
def faulty_s3(endpoint: str, fault: Fault, every: int) -> Generator[str]:
    """The proxy's endpoint.

    Args:
        endpoint: the real one's.
        fault: what goes wrong.
        every: with each so many requests.
    """
    count = itertools.count(1)
    place = urlsplit(endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            """Say nothing."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            ill = next(count) % every == 0
            if ill and fault is Fault.HANG_UP:
                self.close_connection = True
                return
            if ill and fault in {Fault.INTERNAL_ERROR, Fault.SLOW_DOWN}:
                code = "InternalError" if fault is Fault.INTERNAL_ERROR else "SlowDown"
                text = f"<Error><Code>{code}</Code><Message>not now</Message></Error>".encode()
                self.send_response(int(fault.value))
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                return
            self._pass_on(body, short=ill and fault is Fault.SHORT)

        def _pass_on(self, body: bytes, *, short: bool) -> None:
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
