"""The images that the stacks name, by Trivy, where it is on the PATH: no registry of packages has it.

`components/image_scans.py` is the other half: those that run, each day.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypedDict, cast

from scans import rendered
from scans.findings import Finding, Outcome, Severity
from scans.process import NoAnswerError, answer

BLOCKING: Final = ("critical", "high")
_SCAN: Final = ("image", "--scanners", "vuln", "--image-src", "remote", "--format", "json", "--no-progress")
_MEND: Final = "trivy is not on the PATH (`make trivy` takes it out of its pinned image)"


class _Vulnerability(TypedDict, total=False):
    VulnerabilityID: str
    PkgName: str
    InstalledVersion: str
    FixedVersion: str
    Severity: str
    Title: str
    PrimaryURL: str


class _Result(TypedDict, total=False):
    Vulnerabilities: list[_Vulnerability] | None


class _Report(TypedDict, total=False):
    SchemaVersion: int
    Results: list[_Result] | None


def scan(project: Path) -> Outcome:
    """Scan every image of every stack once.

    Raises:
        NoAnswerError: a stack can't be rendered.
    """
    first: dict[str, str] = {}
    for stack, objects in rendered.stacks(project).items():
        for image in rendered.images(objects):
            first.setdefault(image, f"Pulumi.{stack}.yaml")
    trivy = shutil.which("trivy")
    if trivy is None:
        unknown = [f"{_MEND}, so none of these was scanned: {', '.join(sorted(first))}"]
        return Outcome(scanner="trivy", looked_at=f"0 of {len(first)} images", unknown=unknown)
    return scanned(trivy, first)


def scanned(trivy: str, files: Mapping[str, str]) -> Outcome:
    """Scan images with the Trivy that is there; `files` says which file names each."""
    findings: list[Finding] = []
    unknown: list[str] = []
    with tempfile.TemporaryDirectory(prefix="images-") as folder:
        for image, file in sorted(files.items()):
            try:
                report = answer([trivy, *_SCAN, "--", image], Path(folder))
                findings += _findings(cast("_Report", report), image, file)
            except NoAnswerError as error:
                unknown.append(f"{image} was not scanned: {error}")
    looked_at = f"{len(files) - len(unknown)} of {len(files)} images"
    return Outcome(scanner="trivy", looked_at=looked_at, findings=findings, unknown=unknown)


def _findings(report: _Report, image: str, file: str) -> Iterator[Finding]:
    if "SchemaVersion" not in report:
        raise NoAnswerError("trivy's answer is no report")
    for result in report.get("Results") or []:
        for each in result.get("Vulnerabilities") or []:
            severity = cast("Severity", each.get("Severity", "unknown").lower())
            version = each.get("FixedVersion")
            fixed = f"fixed in {version}" if version else "not fixed yet"
            package = f"{each.get('PkgName')} {each.get('InstalledVersion')}"
            yield Finding(
                rule=each.get("VulnerabilityID", "?"),
                where=image,
                message=f"{package}, {fixed}: {each.get('Title', 'no title')}",
                file=file,
                severity=severity,
                blocks=severity in BLOCKING,
                link=each.get("PrimaryURL", ""),
            )
