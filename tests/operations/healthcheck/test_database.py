"""A real PostgreSQL: well, read-only, crowded, frozen, killed, slow, played by somebody else."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator

import psycopg
import pytest

from tests.operations.healthcheck.conftest import Ask
from tests.operations.healthcheck.sites import liar, slow
from tests.operations.servers import PostgreSQL, free_port, postgresql


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    with postgresql(16, {"max_connections": "10"}) as running:
        running.sql("CREATE DATABASE stratmaster", database="postgres")
        yield running


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


def test_a_database_that_takes_too_long_is_unhealthy_in_time_and_a_slow_one_is_not(
    ask: Ask, postgres: PostgreSQL
) -> None:
    def connect() -> socket.socket:
        there = socket.socket(socket.AF_UNIX)
        there.connect(f"{postgres.home}/.s.PGSQL.5432")
        return there

    for seconds, code in ((0.1, 0), (2.5, 1)):
        with slow(connect, seconds) as port:
            told = ask("--component", "database", POSTGRES_URL=f"postgresql://postgres@127.0.0.1:{port}/stratmaster")
        assert told.code == code, told.what
