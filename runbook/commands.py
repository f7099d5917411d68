"""What a command's module needs to be one: `add(commands)` declares it, and sets `run` to what carries it out."""

import argparse
from collections.abc import Sequence
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  # argparse has no public name for it
"""Where commands are declared."""


def command(commands: Commands, name: str, text: str, *, example: str) -> argparse.ArgumentParser:
    """Declare a command that also answers in JSON.

    Args:
        commands: where to.
        name: what it is called by.
        text: what it does, in one line.
        example: a command line, or some, as the help shows them last.

    Returns:
        The command, for its own arguments and `set_defaults(run=…)`; `run` takes the parsed arguments and returns the
        exit code.
    """
    made = commands.add_parser(
        name,
        help=text,
        description=text[:1].upper() + text[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return made


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with a column each as wide as its widest cell, for a person."""
    every = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every]
