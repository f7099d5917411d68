"""A stub of the API that exports metrics, and does what a test tells it: answers well, fails, takes its time."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

BOUNDS = ("0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf")
A_SCRAPE = 60
"""Requests that come in between two scrapes."""


@dataclass
class Application:
    """Counters, moved on by each scrape.

    Args:
        failing: of the requests, as a share.
        seconds: that each answer takes.
    """

    failing: float = 0.0
    seconds: float = 0.1
    port: int = 0
    _ok: float = 0
    _failed: float = 0
    _buckets: dict[str, float] = field(default_factory=lambda: dict.fromkeys(BOUNDS, 0.0))

    def scrape(self) -> str:
        """The metrics in Prometheus' text format."""
        self._failed += A_SCRAPE * self.failing
        self._ok += A_SCRAPE * (1 - self.failing)
        for bound in BOUNDS:
            self._buckets[bound] += A_SCRAPE if self.seconds <= float(bound) else 0
        lines = [
            f'http_requests_total{{status="200"}} {self._ok}',
            f'http_requests_total{{status="500"}} {self._failed}',
        ]
        name = "http_request_duration_seconds"
        lines += [f'{name}_bucket{{le="{bound}"}} {count}' for bound, count in self._buckets.items()]
        lines += [f"{name}_count {self._buckets['+Inf']}", f"{name}_sum 0"]
        return "\n".join(["# TYPE http_requests_total counter", *lines, ""])


@contextmanager
def application() -> Generator[Application]:
    """It runs, on a port of its own."""
    app = Application()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = app.scrape().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    app.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()
