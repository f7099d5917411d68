"""Scanners from PyPI, each in a virtual environment of its own.

Checkov pins a hundred packages, some of them older than ours: beside the project it can't be installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rehearsal.control_plane import binaries
from rehearsal.control_plane.lock import locked
from rehearsal.errors import RehearsalError

PATIENCE_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class PythonProgram:
    """A program to install.

    Args:
        name: of the package and of the command.
        version: the one that is pinned.
    """

    name: str
    version: str

    def provide(self, report: Callable[[str], None]) -> Path:
        """The command, installed now where this machine has never had it.

        Args:
            report: gets a line when an installation begins.

        Raises:
            RehearsalError: pip can't install it.
        """
        minor = f"{sys.version_info.major}.{sys.version_info.minor}"
        target = binaries.cache() / f"{self.name}-{self.version}-py{minor}"
        with locked(target.with_suffix(".lock"), report=report, patience_seconds=PATIENCE_SECONDS):
            if not (target / "ready").exists():
                report(f"installing {self.name} {self.version}, once")
                self._install(target)
        return target / "bin" / self.name

    def _install(self, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(target)], check=True)
        pip = [str(target / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, f"{self.name}=={self.version}"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RehearsalError(
                f"{self.name} {self.version} can't be installed: {done.stderr.strip()[-300:]}",
                "Check the network (pip's index) and try again.",
            )
        (target / "ready").touch()


CHECKOV = PythonProgram(name="checkov", version="3.3.30")
PIP_AUDIT = PythonProgram(name="pip-audit", version="2.10.1")
