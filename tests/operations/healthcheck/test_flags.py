"""What is asked for wrongly: told as such, in time, without a traceback, and without a word of any password."""

from __future__ import annotations

import json

import pytest

from operations.cli import parser
from operations.healthcheck import flags
from tests.operations.healthcheck.conftest import Ask


def test_the_slots_that_have_weight_are_those_that_are_asked() -> None:
    assert flags.weights('{"blue": 90, "green": 10}') == ["blue", "green"]
    assert flags.weights('{"blue": 0, "green": 100}') == ["green"]


@pytest.mark.parametrize(
    "flag",
    [
        *(f"--timeout={text}" for text in ("0", "-3", "nan", "inf", "soon")),
        *(f"--url={text}" for text in ("nonsense", "https://", "ftp://host", "https://host:port", "http://[::1")),
        *(f"--mcp={text}" for text in ("research-mcp", "research-mcp=", "=http://host", "research-mcp=host")),
        *(f"--weights={text}" for text in ("", "[1]", "1", '{"blue": "all"}', '{"blue": 0}')),
        "--component=everything",
    ],
)
def test_a_flag_that_can_not_be_meant_is_refused_before_anybody_is_asked(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["healthcheck", flag])
    told = capsys.readouterr()
    assert ended.value.code == 2  # could not tell
    assert f"argument {flag.partition('=')[0]}" in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("POSTGRES_URL", "user:canary@host/stratmaster"),
        ("POSTGRES_URL", "postgresql://user:can/ary@host/stratmaster"),
        ("POSTGRES_URL", "postgresql://user:12/canary@host/stratmaster"),
        ("POSTGRES_URL", "postgresql://user:canary%ZZ@host/stratmaster"),
        ("POSTGRES_URL", "postgresql://user:canary@host"),
        ("REDIS_URL", "canary"),
        ("REDIS_URL", "redis://:canary@host:port/0"),
        ("REDIS_URL", "redis://:can/ary@host/0"),
        ("REDIS_URL", "redis://:can#ary@host/0"),
        ("REDIS_URL", "http://:canary@host/0"),
    ],
)
def test_a_variable_that_is_no_url_is_not_asked_and_not_shown(ask: Ask, variable: str, value: str) -> None:
    component = "database" if variable == "POSTGRES_URL" else "redis"
    told = ask("--component", component, **{variable: value})
    assert (told.code, told.verdict) == (2, "unknown")
    assert set(told.findings) == {variable}
    shown = json.dumps(told.findings)
    assert not [part for part in ("canary", "can/", "/ary", "can#", "ZZ") if part in shown]


def test_the_backups_are_not_looked_for_by_a_url_that_is_none(ask: Ask) -> None:
    told = ask("--component", "backups", POSTGRES_URL="user:canary@host/stratmaster", BACKUP_BUCKET="backups")
    assert (told.code, told.verdict) == (2, "unknown")
    assert "canary" not in told.what
