"""A scanner's process, and its answer as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

SECONDS: Final = 1800.0
_SHOWN: Final = 300


class NoAnswerError(Exception):
    """The scanner gave no answer that can be read: what it looked at is unknown."""


def answer(command: Sequence[str | Path], folder: Path) -> object:
    """The JSON that a scanner prints, whatever its exit code: most end with 1 where they find something.

    Raises:
        NoAnswerError: it printed something else, or took too long.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAnswerError(f"{Path(command[0]).name} did not end: {type(error).__name__}") from None
    try:
        return json.loads(done.stdout)
    except ValueError:
        last = " ".join((done.stderr.strip().splitlines() or ["nothing said why"])[-1].split())
        raise NoAnswerError(f"{Path(command[0]).name} gave no answer: {last[-_SHOWN:]}") from None


def tracked(folder: Path) -> Sequence[str]:
    """The files that Git tracks, from the project's folder on.

    Raises:
        NoAnswerError: it is no checkout.
    """
    done = subprocess.run(["git", "ls-files", "-z"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoAnswerError("git lists no files: this is no checkout")
    return [name for name in done.stdout.split("\0") if name]
