"""A GitHub of the tests' own: comments and issues, as its REST API serves them, over HTTP."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, cast
from urllib.parse import parse_qs, urlsplit

TOKEN: Final = "a-token-that-nobody-may-see"
REPOSITORY: Final = "somebody/stratmaster"
US: Final = "github-actions[bot]"


@dataclass(kw_only=True)
class Forge:
    """What it holds, and what was asked of it.

    Args:
        comments: of pull request 7, oldest first.
        issues: open and closed ones.
        refuses: answers every request so, if it isn't 0.
        asked: method and path of each request.
    """

    url: str = ""
    comments: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    issues: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    refuses: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def environment(self, **more: str) -> dict[str, str]:
        return {"GITHUB_API_URL": self.url, "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": REPOSITORY, **more}

    def commented(self, body: str, author: str = US) -> None:
        """A comment that is there already."""
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"login": author}})

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, object]) -> object:
        """What GitHub would say; None for 404."""
        rest = path.removeprefix(f"/api/v3/repos/{REPOSITORY}")
        collection = self.comments if "comments" in rest else self.issues
        if method == "GET":
            found = [each for each in collection if each.get("state", "open") == query.get("state", ["open"])[0]]
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return found[(page - 1) * size : page * size]
        if method == "POST" and rest in ("/issues/7/comments", "/issues"):
            number = len(collection) + 1
            collection.append({"id": number, "number": number, "user": {"login": US}, "state": "open", **body})
            return collection[-1]
        if method == "PATCH" and (named := re.fullmatch(r"/issues/(?:comments/)?(\d+)", rest)):
            collection[int(named[1]) - 1].update(body)
            return collection[int(named[1]) - 1]
        return None


@contextmanager
def serving() -> Generator[Forge]:
    """A forge that answers on loopback until the body is done."""
    forge = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = cast("dict[str, object]", json.loads(self.rfile.read(length) or b"{}"))
            forge.asked.append((self.command, parts.path))
            found = forge.answer(self.command, parts.path, parse_qs(parts.query), body)
            status = 200 if found is not None else 404
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, found = 401, {"message": "Bad credentials"}
            if forge.refuses:
                status, found = forge.refuses, {"message": "Resource not accessible by integration"}
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_POST = do_PATCH = _any  # noqa: N815 the server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_port}/api/v3"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
