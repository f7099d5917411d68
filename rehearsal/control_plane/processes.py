"""The plane's server processes: found by what they run, started in a session of their own, stopped for certain.

There is no pid file. Failure it avoids: a file can be stale, lost, or written too late by a command that was
killed, and its number may by now be somebody's editor. The process table can't be wrong: a server is one of
ours when its program has one of our names and an argument lies in this home's folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TERMINATE_SECONDS = 10.0
KILL_SECONDS = 10.0
# Half the garbage collections: the API server starts with a fifth less work, for some hundred megabytes.
ENVIRONMENT = {"GOGC": "200"}
TAIL_BYTES = 20_000

_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, kw_only=True)
class Server:
    """One server of the plane.

    Args:
        name: what it is called by, which also chooses the program inside the multi-call binary.
        command: program and arguments; at least one argument is a path in the plane's folder.
        log: its output, both streams.
    """

    name: str
    command: tuple[str, ...]
    log: Path


def start(server: Server) -> None:
    """Start a server that outlives this command.

    In a session of its own, without a terminal, and with no file of ours open but its log: whatever lock or pipe this
    command inherited (`flock make up`, say) would otherwise be held for as long as the server lives.
    """
    with server.log.open("ab") as output:
        process = subprocess.Popen(
            server.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,
            close_fds=True,
        )
    # Dropped while its process runs, a Popen object warns about just what is wanted here.
    _started.append(process)


def running(folder: Path, names: Iterable[str]) -> dict[str, list[psutil.Process]]:
    """Our servers that are alive, by name.

    Args:
        folder: the plane's folder, absolute.
        names: the servers to look for.

    Returns:
        For each name the processes found; more than one only after something went wrong.
    """
    wanted = set(names)
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        command = _command(process)
        name = os.path.basename(command[0]) if command else ""  # noqa: PTH119 - another process's text, no path to open
        if name in wanted and any(f"{folder}{os.sep}" in argument for argument in command[1:]):
            found.setdefault(name, []).append(process)
    return found


def runs(process: psutil.Process, server: Server) -> bool:
    """Whether the process is this server with exactly these arguments."""
    return tuple(_command(process)) == server.command


def stop(processes: list[psutil.Process]) -> None:
    """End the processes: asked first, killed when they don't within ten seconds.

    psutil compares start times before it signals, so a number that was given to another process is left alone.
    """
    for process in processes:
        _signal(process, "terminate")
    _, alive = psutil.wait_procs(processes, timeout=TERMINATE_SECONDS)
    for process in alive:
        _signal(process, "kill")
    psutil.wait_procs(alive, timeout=KILL_SECONDS)


def last_line(log: Path) -> str:
    """The end of a log, for an error that has to say why a server stopped."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return lines[-1][:400] if lines else "its log is empty"


def _signal(process: psutil.Process, how: str) -> None:
    try:
        getattr(process, how)()
    except psutil.NoSuchProcess:
        return


def _command(process: psutil.Process) -> list[str]:
    """The process's arguments, empty for one that is gone, a zombie, or another user's."""
    try:
        return process.cmdline()
    except (psutil.Error, OSError):
        return []


if sys.platform == "win32":  # pragma: no cover
    raise ImportError("the rehearsal's control plane needs a POSIX system: use WSL")
