"""`python -m scans`: what the scanners find in what is committed, as SARIF and a line a part."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError
from scans import exceptions
from scans.exceptions import BrokenExceptionsError, Entry
from scans.findings import Finding, Outcome
from scans.parts import dockerfiles, images, manifests, requirements
from scans.process import NoAnswerError
from scans.sarif import sarif

CLEAN, FOUND, UNKNOWN = 0, 1, 2
"""Exit codes: all was looked at and is clean; something was found; nothing was found, but not all was looked at."""

PROJECT: Final = Path(__file__).parents[1]
PARTS: Final[Mapping[str, Callable[[Path], Outcome]]] = {
    "requirements": requirements.scan,
    "manifests": manifests.scan,
    "images": images.scan,
    "dockerfiles": dockerfiles.scan,
}
_DESCRIPTION: Final = """\
Scan what is committed: known vulnerabilities of requirements and images, manifests, Dockerfiles.

  python -m scans                              every part
  python -m scans requirements dockerfiles     these two
  python -m scans --skip images                all but this one
  python -m scans images --out results --json  SARIF into results/, the summary as one JSON document

Exit code 0: all of it was looked at and is clean. 1: something was found. 2: nothing was found, but a part could not
be looked at, for want of a network or a scanner. What may be found for a while stands in scans/exceptions.yaml.
"""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A part's outcome, with what is excepted from it."""

    part: str
    outcome: Outcome
    excepted: Mapping[Finding, Entry]

    @property
    def blocking(self) -> list[Finding]:
        """What the scan fails by."""
        return [each for each in self.outcome.findings if each.blocks and each not in self.excepted]

    def lines(self) -> list[str]:
        """What a person reads: each finding that blocks, what is unknown, and one line that sums it up."""
        found = [f"{each.file}:{each.line}: {each.rule} {each.where}: {each.message}" for each in self.blocking]
        unknown = [f"{self.part}: unknown: {text}" for text in self.outcome.unknown]
        told = len(self.outcome.findings) - len(self.blocking) - len(self.excepted)
        said = f"{len(self.blocking)} findings, {len(self.excepted)} excepted, {told} that don't block"
        incomplete = ", NOT ALL LOOKED AT" if unknown else ""
        return [*found, *unknown, f"{self.part}: {self.outcome.scanner}, {self.outcome.looked_at}: {said}{incomplete}"]

    def summary(self) -> dict[str, object]:
        """The same for a machine."""
        return {
            "part": self.part,
            "scanner": self.outcome.scanner,
            "lookedAt": self.outcome.looked_at,
            "findings": [
                {"rule": each.rule, "where": each.where, "severity": each.severity, "message": each.message}
                for each in self.blocking
            ],
            "excepted": len(self.excepted),
            "unknown": list(self.outcome.unknown),
        }


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Run the scans; returns the exit code."""
    options = _parser().parse_args(arguments)
    unknown_parts = [part for part in (*options.parts, *options.skip) if part not in PARTS]
    if unknown_parts:
        print(f"error: there is no part {unknown_parts[0]}\n  Parts are {', '.join(PARTS)}.", file=sys.stderr)
        return UNKNOWN
    try:
        entries = exceptions.load()
        options.out.mkdir(parents=True, exist_ok=True)
    except BrokenExceptionsError as error:
        print(f"error: {error}\n  Mend the file; scans/exceptions.py says what an entry needs.", file=sys.stderr)
        return UNKNOWN
    except OSError as error:
        print(f"error: {options.out} can't be made: {error.strerror}\n  Name another folder by --out.", file=sys.stderr)
        return UNKNOWN
    judged: list[Judged] = []
    for part in (part for part in options.parts or PARTS if part not in options.skip):
        print(f"{part} …", file=sys.stderr, flush=True)
        judged.append(judge(part, _outcome(part, project), entries, datetime.now(tz=UTC).date()))
        document = json.dumps(sarif(judged[-1].outcome, judged[-1].excepted), indent=1)
        (options.out / f"{part}.sarif").write_text(document, encoding="utf-8")
    if options.json:
        print(json.dumps([each.summary() for each in judged], indent=1))
    else:
        print("\n".join(line for each in judged for line in each.lines()))
    return code(judged)


def judge(part: str, outcome: Outcome, entries: Sequence[Entry], today: date) -> Judged:
    """An outcome in the light of the exceptions, whose own faults are findings too."""
    excepted = exceptions.excepted(outcome, entries, today)
    faults = list(exceptions.problems(outcome, entries, today))
    return Judged(part=part, outcome=replace(outcome, findings=[*outcome.findings, *faults]), excepted=excepted)


def code(judged: Sequence[Judged]) -> int:
    """The exit code: what was found goes before what could not be told."""
    if any(each.blocking for each in judged):
        return FOUND
    return UNKNOWN if any(each.outcome.unknown for each in judged) else CLEAN


def _outcome(part: str, project: Path) -> Outcome:
    try:
        return PARTS[part](project)
    except (NoAnswerError, RehearsalError) as error:
        return Outcome(scanner=part, looked_at="nothing", unknown=[" ".join(str(error).split())])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scans", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--skip", action="append", default=[], metavar="PART", help="leave this one out")
    parser.add_argument("--out", type=Path, default=Path("scan-results"), metavar="DIR", help="where SARIF goes")
    parser.add_argument("--json", action="store_true", help="write the summary as JSON to standard output")
    return parser
