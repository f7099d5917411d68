"""What a scanner came to, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "high", "medium", "low", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a scanner found.

    Attributes:
        rule: the scanner's own name for it: a CVE, a check.
        where: what it is about: a package, an object, an image.
        message: what is wrong with it, and what mends it where that is known.
        file: the file of the repository to look into.
        line: the line there.
        severity: the scanner's.
        blocks: whether the scan fails by it; what doesn't is told in the SARIF alone.
        link: where more is said.
    """

    rule: str
    where: str
    message: str
    file: str
    line: int = 1
    severity: Severity = "unknown"
    blocks: bool = True
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one part came to.

    Attributes:
        scanner: who looked; its version where it is pinned here.
        version: of it.
        looked_at: what it looked at, in numbers: a scan of nothing shows.
        findings: what it found.
        unknown: what could not be told, and why. Never empty where something was not looked at.
    """

    scanner: str
    version: str = ""
    looked_at: str
    findings: Sequence[Finding] = field(default_factory=tuple[Finding, ...])
    unknown: Sequence[str] = field(default_factory=tuple[str, ...])
