"""A network of the test's own: nothing in it can reach another machine, and nothing outlives it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

INIT = Path(__file__).with_name("init.py")
ROOT = Path(__file__).resolve().parent.parent.parent
READY = "ready\n"
END_SECONDS = 20.0


class UnavailableError(Exception):
    """This machine gives the test no namespace of its own; says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Namespace:
    """Network, processes and mounts of the test's own, entered through its first process.

    Args:
        init: that process, as this side sees it.
        enter: the command that runs another one in there.
    """

    init: int
    enter: tuple[str, ...]

    def run(
        self, *command: str | Path, environment: Mapping[str, str] | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in there to its end, in the project's folder."""
        return subprocess.run(
            [*self.enter, *map(str, command)],
            env={**os.environ, **(environment or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(
        self, *command: str | Path, log: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a command in there that runs until its standard input or the namespace ends."""
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self.enter, *map(str, command)],
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )


@contextlib.contextmanager
def opened(network: str) -> Generator[Namespace]:
    """Open a namespace whose every address of `network` (a CIDR range), besides 127.0.0.0/8, is its own.

    It ends with its first process, and the kernel kills all others with that: on a clean end, when a test fails, and
    when this process is killed, since the first process then reads the end of its standard input.

    Raises:
        UnavailableError: this machine can't.
    """
    first, enter = _commands()
    with subprocess.Popen(
        [*first, sys.executable, str(INIT), network],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        try:
            if holder.stdout.readline() != READY:
                raise UnavailableError(f"`{' '.join(first)}` says: {holder.stderr.read().strip()}")
            [init] = psutil.Process(holder.pid).children()
            yield Namespace(init=init.pid, enter=(*enter, f"--target={init.pid}", "--"))
        finally:
            assert holder.stdin is not None
            holder.stdin.close()
            holder.wait(END_SECONDS)


def _commands() -> tuple[list[str], list[str]]:
    """The commands that make such a namespace and that enter it; a user who isn't root becomes root in there."""
    if sys.platform != "linux":
        raise UnavailableError(f"network namespaces are Linux's, and this is {sys.platform}")
    for needed in ("unshare", "nsenter"):
        if not shutil.which(needed):
            raise UnavailableError(f"{needed} is not on the PATH (Debian: apt install util-linux)")
    first = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    enter = ["nsenter", "--net", "--pid", "--mount", "--wd"]
    if os.geteuid() != 0:
        return [*first, "--map-root-user"], [*enter, "--user", "--preserve-credentials"]
    return first, enter
