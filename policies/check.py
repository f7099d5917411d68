"""Judges stacks or manifests by the whole pack, without an engine: `python -m policies.check`."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from policies.pack.exemptions import EXEMPTIONS_FILE, Exemptions
from policies.pack.judge import Judge
from policies.pack.reports.junit import junit
from policies.pack.reports.sarif import sarif
from policies.pack.reports.text import lines
from policies.pack.sources.located import Checked, InputError
from policies.pack.sources.manifests import check_manifests

PASSED, BROKEN, UNREADABLE = 0, 1, 2
"""Exit codes: every mandatory rule is kept; one is broken; something could not be judged."""

_PROJECT: Final = Path(__file__).parents[1]
_DESCRIPTION: Final = """\
Judge stacks or manifests by the policy pack, without an engine or a cluster.

  python -m policies.check                           every stack, as its committed file declares it
  python -m policies.check --stack green             one of them
  python -m policies.check rendered/ --sarif out.sarif --junit out.xml
  helm template chart/ | python -m policies.check -  what any other tool makes
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check; returns its exit code: 0 passed, 1 a rule is broken, 2 something can't be judged."""
    options = _parser().parse_args(arguments)
    gc.disable()  # a process of seconds that keeps what it makes: collecting would take a third of its time
    judge = Judge(Exemptions.load(EXEMPTIONS_FILE, datetime.now(tz=UTC).date()))
    try:
        checks = _checks(options, judge)
        _write(options, checks)
    except InputError as error:
        print(f"error: {error.what}\n  {error.mend}", file=sys.stderr)
        return UNREADABLE
    if judge.exemptions.broken:
        return UNREADABLE
    return BROKEN if any(checked.blocked for checked in checks) else PASSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m policies.check", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="manifests: files, folders, or - for standard input")
    parser.add_argument("--stack", action="append", default=[], metavar="STACK", help="a stack; default: all")
    parser.add_argument("--environment", default="production", help="what manifests are for (default: production)")
    parser.add_argument("--sarif", type=Path, metavar="FILE", help="write SARIF 2.1.0, for pull requests")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML")
    parser.add_argument("--json", action="store_true", help="write SARIF to standard output, in place of text")
    return parser


def _checks(options: argparse.Namespace, judge: Judge) -> list[Checked]:
    if options.paths and options.stack:
        raise InputError("--stack and paths don't go together", "Check stacks in one run, manifests in another.")
    if options.paths:
        return [check_manifests(options.paths, options.environment, judge)]
    from policies.pack.sources.stacks import check_stacks, stacks_of  # noqa: PLC0415 the SDK is slow to import

    stacks = options.stack or stacks_of(_PROJECT)
    started = time.monotonic()
    print(f"recording {', '.join(stacks)} …", file=sys.stderr)
    checks = list(check_stacks(_PROJECT, stacks, judge))
    print(f"judged in {time.monotonic() - started:.1f} s", file=sys.stderr)
    return checks


def _write(options: argparse.Namespace, checks: Sequence[Checked]) -> None:
    try:
        if options.sarif:
            options.sarif.write_text(json.dumps(sarif(checks), indent=1), encoding="utf-8")
        if options.junit:
            options.junit.write_bytes(junit(checks))
    except OSError as error:
        raise InputError(f"{error.filename} can't be written: {error.strerror}", "Name a file in a folder.") from None
    try:
        print(json.dumps(sarif(checks), indent=1) if options.json else "\n".join(lines(checks)), flush=True)
    except BrokenPipeError:  # whoever reads has seen enough, as `head` does; the exit code still says how it went
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the end of a process: to give back all that it read, object by object, would take a tenth more
