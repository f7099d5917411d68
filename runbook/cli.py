"""The command line: `python -m runbook <command>`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from runbook import access_review, audit, certificates, seal, sealing_keys
from runbook.commands import Commands
from runbook.errors import RunbookError

OK, FAILED = 0, 1

_ADD: Final[Sequence[Callable[[Commands], None]]] = (
    seal.add,
    sealing_keys.add,
    certificates.add,
    access_review.add,
    audit.add,
)
"""The commands, each from a module of its own, in the order the help lists them."""

_DESCRIPTION: Final = """\
The guide's procedures, for a person at a laptop.

The cluster is the one of KUBECONFIG and --context, as kubectl's. Exit code 0: done. 1: not done; two lines on standard
error say why and how to mend it.
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="python -m runbook", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in _ADD:
        add(commands)
    return top


def _refuse(unknown: Sequence[str], command: str) -> None:
    """Refuse arguments, not in argparse's own words, which repeat them: one may be a secret in the wrong place."""
    if unknown:
        raise RunbookError(
            f"{command} doesn't know {len(unknown)} of these arguments.",
            f"See `python -m runbook {command} --help`. A secret's value is never an argument.",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options, unknown = parser().parse_known_args(arguments)
    try:
        _refuse(unknown, options.command)
        return options.run(options)
    except RunbookError as error:
        print(f"error: {error.what}\n  {error.mend}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("error: interrupted\n  Nothing was left half done: run the same command again.", file=sys.stderr)
        return FAILED
