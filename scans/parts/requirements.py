"""Known vulnerabilities of what pip would install, by pip-audit from OSV.

The threat is a package that was fine when its version was pinned. Each file is resolved by itself, with all that it
brings along, as the program's, the image's and the tests' own installations are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, NotRequired, TypedDict, cast

from scans.findings import Finding, Outcome
from scans.process import NoAnswerError, answer
from scans.programs import PIP_AUDIT

FILES: Final = ("requirements.txt", "operations/requirements.txt", "requirements-dev.txt")


class _Vulnerability(TypedDict):
    id: str
    fix_versions: list[str]
    aliases: list[str]
    description: str


class _Dependency(TypedDict):
    name: str
    version: NotRequired[str]
    vulns: NotRequired[list[_Vulnerability]]
    skip_reason: NotRequired[str]


def scan(project: Path, files: Sequence[str] = FILES) -> Outcome:
    """Scan the files of requirements. The address of OSV is PIP_AUDIT_OSV_URL's, where that is set."""
    program = PIP_AUDIT.provide(print)
    with ThreadPoolExecutor() as pool:
        audits = list(pool.map(partial(_audit, program, project), files))
    unknown = [each for each in audits if isinstance(each, str)]
    told = {file: each for file, each in zip(files, audits, strict=True) if not isinstance(each, str)}
    for file, dependencies in told.items():
        unknown += [f"{file}: {each['name']}: {why}" for each in dependencies if (why := each.get("skip_reason"))]
    packages = {each["name"] for dependencies in told.values() for each in dependencies}
    findings = [finding for file, found in told.items() for finding in _findings(project, file, found)]
    return Outcome(
        scanner=PIP_AUDIT.name,
        version=PIP_AUDIT.version,
        looked_at=f"{len(packages)} packages of {len(told)} files",
        findings=findings,
        unknown=unknown,
    )


def _audit(program: Path, project: Path, file: str) -> list[_Dependency] | str:
    command = [program, "-r", file, "-s", "osv", "-f", "json", "--aliases", "on", "--progress-spinner", "off"]
    try:
        return cast("dict[str, list[_Dependency]]", answer(command, project))["dependencies"]
    except NoAnswerError as error:
        return f"{file}: {error}"


def _findings(project: Path, file: str, dependencies: Sequence[_Dependency]) -> Iterator[Finding]:
    lines = (project / file).read_text(encoding="utf-8").splitlines()
    for each in dependencies:
        for found in each.get("vulns", []):
            fixed = f"fixed in {' and '.join(found['fix_versions'])}" if found["fix_versions"] else "not fixed yet"
            also = f" ({', '.join(found['aliases'])})" if found["aliases"] else ""
            yield Finding(
                rule=found["id"],
                where=each["name"],
                message=f"{each.get('version')}, {fixed}{also}: {found['description']}",
                file=file,
                line=_line(lines, each["name"]),
                severity="high",
                link=f"https://osv.dev/vulnerability/{found['id']}",
            )


def _line(lines: Sequence[str], name: str) -> int:
    """Where a package is pinned; what another one brings along is at the top."""
    names = [re.sub(r"[-_.]+", "-", re.split(r"[\[=<>;~! ]", line)[0]).lower() for line in lines]
    return names.index(name) + 1 if name in names else 1
