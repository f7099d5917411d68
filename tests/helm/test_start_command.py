"""The rendered start command, run for real: it serves, and a stop loses no request."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.helm.rendering import RELEASE, Rendered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION = """
import asyncio

def create_app():
    async def application(scope, receive, send):
        if scope["type"] == "http":
            await asyncio.sleep(1.5 if scope["path"] == "/slow" else 0)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})
    return application
"""
# uvicorn closes idle connections after 5 s, unless told otherwise.
LONGER_THAN_UVICORN_WAITS_SECONDS = 6.0


@pytest.fixture
def server(slot: Rendered, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The API's command with a stand-in for its module, on a port of this machine that is free."""
    module = tmp_path / "stratmaster_api"
    module.mkdir()
    (module / "app.py").write_text(APPLICATION)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    python, *arguments = map(str, slot("Deployment", RELEASE).container.listed("command"))
    assert python == "python"
    arguments[arguments.index("--port=8080")] = f"--port={port}"
    with subprocess.Popen([sys.executable, *arguments], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            yield process, port
        finally:
            process.kill()


def wait_for(port: int) -> None:
    give_up = time.monotonic() + 20
    while True:
        try:
            answer(http.client.HTTPConnection("127.0.0.1", port), "/healthz")
        except ConnectionRefusedError:
            assert time.monotonic() < give_up, "the server doesn't answer"
            time.sleep(0.05)
        else:
            return


def answer(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read()


def test_a_request_in_flight_is_answered_after_the_stop_signal(server: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = server
    answers: list[tuple[int, bytes]] = []
    connection = http.client.HTTPConnection("127.0.0.1", port)
    slow = threading.Thread(target=lambda: answers.append(answer(connection, "/slow")))
    slow.start()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    slow.join(10)
    assert answers == [(200, b"ok")]
    process.wait(10)


def test_an_idle_connection_is_still_served_later(server: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = server
    connection = http.client.HTTPConnection("127.0.0.1", port)
    assert answer(connection, "/healthz") == (200, b"ok")
    first = connection.sock
    time.sleep(LONGER_THAN_UVICORN_WAITS_SECONDS)
    assert answer(connection, "/healthz") == (200, b"ok")
    assert connection.sock is first


def test_an_idle_connection_does_not_hold_up_a_stop(server: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = server
    connection = http.client.HTTPConnection("127.0.0.1", port)
    assert answer(connection, "/healthz") == (200, b"ok")
    process.send_signal(signal.SIGTERM)
    process.wait(10)
