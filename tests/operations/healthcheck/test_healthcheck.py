"""The whole of it: what it asks, what its words and exit codes are, and that it ends in time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from operations.healthcheck.plan import COMPONENTS
from tests.operations.healthcheck.conftest import Ask
from tests.operations.healthcheck.sites import certificate, site
from tests.operations.healthcheck.test_redis import redis
from tests.operations.running import ROOT, Command
from tests.operations.servers import free_port

__all__ = ["redis"]  # a fixture of the neighbour's


def test_what_is_not_configured_is_neither_healthy_nor_unhealthy(ask: Ask) -> None:
    for component in ("database", "redis", "backups", "mcp"):
        told = ask("--component", component, BACKUP_BUCKET="")
        assert (told.code, told.verdict) == (2, "unknown")


def test_what_is_known_to_be_bad_weighs_more_than_what_is_not_known(ask: Ask) -> None:
    assert ask("--component", "redis", "--component", "api", "--url", f"http://127.0.0.1:{free_port()}").code == 1


def test_a_comprehensive_check_asks_everything_and_one_thing_that_is_not_well_is_enough(
    ask: Ask, command: Command, redis: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    trusted = certificate(tmp_path, "localhost", 60)
    command("backup")
    there = {**command.environment(), "REDIS_URL": redis[1], "SSL_CERT_FILE": str(trusted)}
    with site(tmp_path) as served:
        flags = ("--comprehensive", "--url", served.url, "--mcp", f"research-mcp={served.url}/mcp")
        well = ask(*flags, **there)
        assert {each["component"] for each in well.findings.values()} == set(COMPONENTS)
        assert well.code == 0  # on a busy machine one may be slow, and only that
        redis[0].kill()
        ill = ask(*flags, **there)
    assert ill.code == 1
    assert [each["component"] for each in ill.findings.values() if each["verdict"] == "unhealthy"] == ["redis"]


def test_what_a_person_reads_says_what_is_wrong_and_what_to_do() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    arguments = ("healthcheck", "--component", "api", "--url", address)
    told = subprocess.run(
        [sys.executable, "-m", "operations", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    what, how, whole = told.stdout.splitlines()
    assert what.startswith(f"unhealthy  api           {address}/healthz: no answer")
    assert "kubectl" in how
    assert (whole, told.stderr, told.returncode) == ("unhealthy", "", 1)
    document = subprocess.run(
        [sys.executable, "-m", "operations", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(document.stdout)["health"] == "unhealthy"
