"""The API, the MCP services and the certificate that is served: well, failing, slow, lied about, gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.operations.healthcheck.conftest import Ask
from tests.operations.healthcheck.sites import Site, certificate, liar, site
from tests.operations.servers import free_port


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


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\n\r\nok"], ids=["silent", "without TLS"])
def test_whoever_only_listens_serves_no_certificate_and_is_no_api(ask: Ask, says: bytes) -> None:
    with liar(says) as port:
        told = ask("--component", "certificates", "--component", "api", "--url", f"https://localhost:{port}")
    assert told.code == 1
    assert {each["verdict"] for each in told.findings.values()} == {"unhealthy"}


def test_an_mcp_service_that_is_slow_is_degraded_and_one_that_lies_unhealthy(ask: Ask, api: Site) -> None:
    service = ("--component", "mcp", "--mcp", f"research-mcp={api.url}/healthz")
    assert ask(*service).verdict == "healthy"
    api.manners.pause = 1.0
    assert ask(*service).verdict == "degraded"
    api.manners.pause, api.manners.body = 0.0, b"ok"
    assert ask(*service).verdict == "unhealthy"
