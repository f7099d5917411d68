"""The real pip-audit over a file of requirements, with a service of OSV's shape on this machine, and with none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scans.parts import requirements

HOLE = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "schema_version": "1.7.0",
    "modified": "2026-11-01T00:00:00Z",
    "aliases": ["CVE-2026-1"],
    "summary": "idna loops for ever",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.7"}]}],
        }
    ],
}


class _Osv(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = asked == {"package": {"name": "idna", "ecosystem": "PyPI"}, "version": "3.6"}
        body = json.dumps({"vulns": [HOLE]} if known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        pass


@pytest.fixture
def osv(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Osv) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_AUDIT_OSV_URL", f"http://127.0.0.1:{server.server_port}/v1/query")
        yield
        server.shutdown()


@pytest.mark.usefixtures("osv")
def test_a_pinned_package_with_a_known_hole_is_found_on_its_line(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("# what it needs\nsix==1.17.0\nIDNA==3.6\n")
    outcome = requirements.scan(tmp_path, ["requirements.txt"])
    assert (outcome.looked_at, outcome.unknown) == ("2 packages of 1 files", [])
    (found,) = outcome.findings
    assert (found.rule, found.where, found.line, found.blocks) == ("CVE-2026-1", "idna", 3, True)
    assert found.message == "3.6, fixed in 3.7 (GHSA-aaaa-bbbb-cccc): idna loops for ever"


def test_without_the_service_and_for_pins_that_exclude_each_other_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_AUDIT_OSV_URL", "http://127.0.0.1:9/v1/query")
    (tmp_path / "requirements.txt").write_text("six==1.17.0\n")
    (tmp_path / "excluding.txt").write_text("six==1.17.0\nsix==1.16.0\n")
    outcome = requirements.scan(tmp_path, ["requirements.txt", "excluding.txt"])
    assert (outcome.looked_at, outcome.findings) == ("0 packages of 0 files", [])
    assert [text.split(": pip-audit gave no answer: ")[0] for text in outcome.unknown] == [
        "requirements.txt",
        "excluding.txt",
    ]
