"""What a scanner may go on finding for a while: one reviewed file, each entry with a reason, an owner and an end.

The file's shape is that of the policy pack's exemptions (policies/exemptions.yaml), with the scanner's own names in
place of a URN. An entry that is over, or that nothing needs any more, is a finding by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scans.findings import Finding, Outcome

FILE: Final = Path(__file__).with_name("exceptions.yaml")
MAX_DAYS: Final = 366
"""A year, after which somebody has to look again. What is excepted from a policy is for a quarter at the most: there
the rules are our own, here they are a stranger's view of decisions that the design states."""


class Entry(BaseModel):
    """One exception.

    Attributes:
        scanner: whose finding it is.
        rule: the scanner's own name for it.
        where: what it is about, as the report names it; `*` stands for anything.
        reason: why it may stay.
        owner: who answers for it.
        expires: the last day on which it holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scanner: Annotated[str, Field(min_length=3)]
    rule: Annotated[str, Field(min_length=3)]
    where: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=20)]
    owner: Annotated[str, Field(min_length=3)]
    expires: date

    def covers(self, scanner: str, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return (self.scanner, self.rule) == (scanner, finding.rule) and fnmatchcase(finding.where, self.where)

    def holds(self, today: date) -> bool:
        """Whether it is neither over nor too long."""
        return 0 <= (self.expires - today).days <= MAX_DAYS


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    exceptions: tuple[Entry, ...]


class BrokenExceptionsError(Exception):
    """The file can't be read; then none of them holds, and nothing can be told."""


def load(file: Path = FILE) -> Sequence[Entry]:
    """The entries of a file.

    Raises:
        BrokenExceptionsError: it is missing or malformed.
    """
    try:
        return _Document.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).exceptions
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BrokenExceptionsError(f"{file.name} can't be read: {type(error).__name__}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BrokenExceptionsError(f"{file.name} is malformed at {place}: {first['msg']}") from None


def excepted(outcome: Outcome, entries: Sequence[Entry], today: date) -> dict[Finding, Entry]:
    """Which findings may stay, and by which entry."""
    return {
        finding: entry
        for finding in outcome.findings
        for entry in entries
        if entry.covers(outcome.scanner, finding) and entry.holds(today)
    }


def problems(outcome: Outcome, entries: Sequence[Entry], today: date) -> Iterator[Finding]:
    """What is wrong with the entries for a scanner. What it could not look at may need any of them."""
    for entry in (each for each in entries if each.scanner == outcome.scanner):
        needed = any(entry.covers(outcome.scanner, finding) for finding in outcome.findings)
        if not entry.holds(today):
            yield _problem(entry, f"ends on {entry.expires}, which is over or more than {MAX_DAYS} days off")
        elif not needed and not outcome.unknown:
            yield _problem(entry, "is needed by nothing: remove it")


def _problem(entry: Entry, what: str) -> Finding:
    return Finding(
        rule=entry.rule,
        where=entry.where,
        message=f"the exception {what}",
        file=f"scans/{FILE.name}",
        severity="medium",
    )
