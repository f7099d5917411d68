"""What a check can find, and what that means for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """From good to bad; what could not be asked is neither."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """It works, but a threshold of the guide is passed. Well, unless `--strict`."""
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"
    """Nobody was asked: a setting, a right or a program is missing here."""


EXIT_HEALTHY: Final = 0
EXIT_UNHEALTHY: Final = 1
EXIT_UNKNOWN: Final = 2


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        component: database, redis, api, mcp, certificates or backups.
        subject: what was asked, without any password.
        verdict: how it is.
        what: what was seen, in one line.
        how: what to do about it; empty where nothing is to be done.
    """

    component: str
    subject: str
    verdict: Verdict
    what: str
    how: str = ""


def exit_code(findings: Sequence[Finding], *, strict: bool) -> int:
    """0 healthy, 1 unhealthy, 2 could not tell. What is known to be bad weighs more than what isn't known.

    Nothing asked is nothing known.
    """
    bad = {Verdict.UNHEALTHY, Verdict.DEGRADED} if strict else {Verdict.UNHEALTHY}
    if any(each.verdict in bad for each in findings):
        return EXIT_UNHEALTHY
    if not findings or any(each.verdict is Verdict.UNKNOWN for each in findings):
        return EXIT_UNKNOWN
    return EXIT_HEALTHY
