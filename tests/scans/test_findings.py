"""From what a scanner says to lines, SARIF and an exit code; what it could not look at is never silent."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from scans import cli, exceptions
from scans.cli import CLEAN, FOUND, UNKNOWN, judge
from scans.exceptions import MAX_DAYS, BrokenExceptionsError, Entry
from scans.findings import Finding, Outcome
from scans.parts import images
from scans.process import NoAnswerError
from scans.sarif import sarif
from tests.scans import trivy_report
from tests.scans.trivy_report import vulnerability

TODAY = date(2026, 11, 23)
API = "ghcr.io/iamjonobo/stratmaster-api:v1@sha256:" + "a" * 64
HOLE = Finding(rule="CVE-2026-1", where="six", message="1.0, not fixed yet", file="requirements.txt", line=3)
ENTRY = Entry(
    scanner="pip-audit",
    rule="CVE-2026-1",
    where="six",
    reason="nothing calls what is broken",
    owner="ours",
    expires=TODAY,
)


def outcome(*findings: Finding, unknown: tuple[str, ...] = ()) -> Outcome:
    return Outcome(scanner="pip-audit", looked_at="1 packages", findings=findings, unknown=unknown)


def test_a_finding_is_told_by_file_and_line_and_fails_the_scan() -> None:
    judged = judge("requirements", outcome(HOLE), [], TODAY)
    assert judged.lines()[0] == "requirements.txt:3: CVE-2026-1 six: 1.0, not fixed yet"
    assert cli.code([judged]) == FOUND


def test_an_exception_holds_up_to_its_last_day_and_its_reason_is_in_the_report() -> None:
    judged = judge("requirements", outcome(HOLE), [ENTRY], TODAY)
    assert judged.blocking == []
    (result,) = sarif(judged.outcome, judged.excepted)["runs"][0]["results"]  # type: ignore[index]  # a document
    assert result["level"] == "note"
    assert result["suppressions"][0]["justification"] == f"nothing calls what is broken (ours, until {TODAY})"
    over = judge("requirements", outcome(HOLE), [ENTRY], TODAY + timedelta(days=1))
    assert [each.message.split(",")[0] for each in over.blocking] == ["1.0", f"the exception ends on {TODAY}"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"where": "seven"}, "is needed by nothing"),
        ({"rule": "CVE-2026-2"}, "is needed by nothing"),
        ({"expires": TODAY + timedelta(days=MAX_DAYS + 1)}, "days off"),
    ],
)
def test_an_exception_for_something_else_or_for_too_long_is_a_finding(change: dict[str, object], said: str) -> None:
    judged = judge("requirements", outcome(HOLE), [ENTRY.model_copy(update=change)], TODAY)
    assert HOLE in judged.blocking
    assert any(said in each.message for each in judged.blocking)


def test_what_could_not_be_looked_at_may_need_any_exception() -> None:
    judged = judge("requirements", outcome(unknown=("no network",)), [ENTRY], TODAY)
    assert judged.blocking == []
    assert cli.code([judged]) == UNKNOWN
    assert judged.lines()[0] == "requirements: unknown: no network"
    assert judged.lines()[-1].endswith("NOT ALL LOOKED AT")


def test_what_was_found_goes_before_what_is_unknown() -> None:
    blind, found = (judge("images", each, [], TODAY) for each in (outcome(unknown=("x",)), outcome(HOLE)))
    assert cli.code([blind, found]) == FOUND
    assert cli.code([judge("images", outcome(), [], TODAY)]) == CLEAN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "exceptions: [{scanner: checkov}]",
        "exceptions: []\nmore: 1",
        "exceptions:\n- {scanner: pip, rule: CVE-1, where: six, reason: too short, owner: us us, expires: 2026-11-23}",
    ],
)
def test_a_malformed_file_of_exceptions_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "exceptions.yaml").write_text(text)
    with pytest.raises(BrokenExceptionsError):
        exceptions.load(tmp_path / "exceptions.yaml")


def test_the_command_writes_sarif_and_a_summary_and_says_what_it_could_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_network(_project: Path) -> Outcome:
        raise NoAnswerError("no\n  network")

    monkeypatch.setattr(cli, "PARTS", {"requirements": no_network})
    assert cli.main(["--out", str(tmp_path / "deep" / "results"), "--json"]) == UNKNOWN
    (summary,) = json.loads(capsys.readouterr().out)
    assert (summary["part"], summary["unknown"]) == ("requirements", ["no network"])
    (run,) = json.loads((tmp_path / "deep" / "results" / "requirements.sarif").read_text())["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False


def test_a_part_that_there_is_not_is_refused_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["requirement"]) == UNKNOWN
    first, second = capsys.readouterr().err.strip().splitlines()
    assert first == "error: there is no part requirement"
    assert "requirements, manifests, images, dockerfiles" in second


def test_images_are_found_in_by_trivy_and_only_grave_findings_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trivy_report.write(tmp_path, API, [vulnerability(1, "CRITICAL", "3.5.2")], [vulnerability(2, "LOW")])
    monkeypatch.setenv("REPORTS", str(tmp_path))
    trivy = str(trivy_report.install(tmp_path) / "trivy")
    found = images.scanned(trivy, {API: "Pulumi.blue.yaml", "docker.io/library/redis:8": "Pulumi.production.yaml"})
    assert [(each.rule, each.severity, each.blocks) for each in found.findings] == [
        ("CVE-2026-1", "critical", True),
        ("CVE-2026-2", "low", False),
    ]
    assert found.findings[0].message == "libssl3t64 3.5.1-1, fixed in 3.5.2: openssl: a way in"
    (unknown,) = found.unknown
    assert unknown.startswith("docker.io/library/redis:8 was not scanned: trivy gave no answer: ")
    assert found.looked_at == "1 of 2 images"
