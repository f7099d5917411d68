"""Users under way: `python -m tests.traffic.load PLAN`, with a JSON file that holds a Plan's fields.

It goes on until it has sent `least` requests and its standard input has ended, but never sends more than `most` or goes
on for longer than `most_seconds`; then it writes a JSON list for each request (see Request).
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from tests.traffic.client import Client

HTTP_OK = 200


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to send.

    Args:
        host: the name that is asked for.
        authority: path of the certificate authority.
        output: path of the file to write.
        least: requests to send at least.
        most: and at most.
        most_seconds: and for no longer.
        clients: how many ask at the same time; every other one keeps its connection.
        rate: requests a second of all of them together.
        path: what they ask for.
    """

    host: str
    authority: str
    output: str
    least: int
    most: int = 60_000
    most_seconds: float = 120.0
    clients: int = 8
    rate: float = 600.0
    path: str = "/"

    def write(self, file: Path) -> Path:
        """Put the plan in a file."""
        file.write_text(json.dumps(asdict(self)))
        return file


@dataclass(frozen=True)
class Request:
    """What became of a request.

    Args:
        client: who asked.
        kept_alive: whether on a connection that is kept.
        started: when, by the monotonic clock that all processes of a machine share.
        ended: when the answer was there, or the failure.
        namespace: of the pod that answered; empty where none did.
        ready: whether that pod was ready when the request reached it.
        failure: why it was lost; empty where it wasn't.
    """

    client: int
    kept_alive: bool
    started: float
    ended: float
    namespace: str = ""
    ready: bool = False
    failure: str = ""

    @classmethod
    def read(cls, file: Path) -> list[Request]:
        """All requests, by the time they began."""
        return sorted((cls(*json.loads(line)) for line in file.read_text().splitlines()), key=lambda one: one.started)


class Load:
    """The clients' shared clock and count."""

    def __init__(self, plan: Plan) -> None:
        """Begin now."""
        self._plan = plan
        self._started = time.monotonic()
        self._counter = itertools.count()
        self.told_to_end = threading.Event()

    def due(self) -> Iterator[None]:
        """Come back each time a client shall ask, until it shall ask no more."""
        plan = self._plan
        while True:
            number = next(self._counter)
            wait = self._started + number / plan.rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            late = time.monotonic() - self._started > plan.most_seconds
            if number >= plan.most or late or (number >= plan.least and self.told_to_end.is_set()):
                return
            yield

    def run(self, index: int) -> list[Request]:
        """Be one client."""
        plan = self._plan
        client = Client(plan.host, Path(plan.authority), keep_alive=index % 2 == 0)
        return [_ask(client, index, plan.path) for _ in self.due()]


def _ask(client: Client, index: int, path: str) -> Request:
    started = time.monotonic()
    try:
        answer = client.get(path)
    except (OSError, http.client.HTTPException) as error:
        return Request(index, client.keep_alive, started, time.monotonic(), failure=repr(error))
    ended = time.monotonic()
    if answer.status != HTTP_OK:
        return Request(index, client.keep_alive, started, ended, failure=f"{answer.status} {answer.body[:120]}")
    pod = json.loads(answer.body)
    return Request(index, client.keep_alive, started, ended, namespace=pod["namespace"], ready=pod["ready"])


def main() -> None:
    """Run the plan."""
    plan = Plan(**json.loads(Path(sys.argv[1]).read_text()))
    load = Load(plan)
    with ThreadPoolExecutor(max_workers=plan.clients) as pool:
        clients = [pool.submit(load.run, index) for index in range(plan.clients)]
        sys.stdin.read()
        load.told_to_end.set()
        requests = [request for client in clients for request in client.result()]
    Path(plan.output).write_text("".join(json.dumps(astuple(request)) + "\n" for request in requests))


if __name__ == "__main__":
    main()
