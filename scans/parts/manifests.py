"""Every object of every stack, by Checkov: a view from outside beside the policy pack's (`make check-policies`)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict, cast

from rehearsal.render import dump, path_of
from scans import rendered
from scans.findings import Finding, Outcome
from scans.process import NoAnswerError, answer
from scans.programs import CHECKOV


class _Failed(TypedDict):
    check_id: str
    check_name: str
    resource: str
    file_path: str
    guideline: str | None


class _Results(TypedDict):
    failed_checks: list[_Failed]


class _Report(TypedDict):
    results: _Results
    summary: dict[str, int]


class _Nothing(TypedDict):
    """What it answers where it looked at nothing."""

    passed: int


def scan(project: Path) -> Outcome:
    """Scan all stacks, each rendered as its committed file declares it.

    Raises:
        NoAnswerError: a stack can't be rendered, or Checkov gives no answer.
    """
    stacks = rendered.stacks(project)
    with tempfile.TemporaryDirectory(prefix="manifests-") as folder:
        for stack, objects in stacks.items():
            for each in objects:
                file = Path(folder) / stack / path_of(each)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(dump(each), encoding="utf-8")
        command = [CHECKOV.provide(print), "-d", folder, "--framework", "kubernetes"]
        command += ["--skip-download", "--compact", "--quiet", "-o", "json"]
        report = cast("_Report | _Nothing", answer(command, project))
    if "results" not in report:
        raise NoAnswerError("checkov looked at nothing")
    passed, broken = report["summary"]["passed"], report["summary"]["parsing_errors"]
    looked_at = f"{sum(map(len, stacks.values()))} objects of {len(stacks)} stacks, {passed} checks passed"
    return Outcome(
        scanner=CHECKOV.name,
        version=CHECKOV.version,
        looked_at=looked_at,
        findings=list(_findings(report)),
        unknown=[f"{broken} objects could not be parsed"] if broken else [],
    )


def _findings(report: _Report) -> Iterator[Finding]:
    for each in report["results"]["failed_checks"]:
        stack = Path(each["file_path"]).parts[1]
        yield Finding(
            rule=each["check_id"],
            where=each["resource"],
            message=each["check_name"],
            file=f"Pulumi.{stack}.yaml",
            severity="medium",
            link=each["guideline"] or "",
        )
