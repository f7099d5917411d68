"""A lock on a file, for work that two commands must not do at the same time."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

POLL_SECONDS = 0.1


@contextmanager
def locked(path: Path, *, report: Callable[[str], None], patience_seconds: float) -> Generator[None]:
    """Hold `path`'s lock while the body runs.

    The kernel drops a lock with the process that held it, so none outlives a crash; the holder's process id
    in the file is only for people, and is emptied on a clean end. Finding one there after the lock was won
    means that the holder died: that is reported, since what it was doing may be half done.

    Args:
        path: the lock's file; made if it is not there, and never removed (removing it would race).
        report: gets a line when the lock is waited for or taken over.
        patience_seconds: how long to wait for a holder that is alive.

    Raises:
        RehearsalError: the holder still has it after that time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        _acquire(file, path, report, patience_seconds)
        dead = _holder(file)
        if dead:
            report(f"taking over {path.name} from process {dead}, which died holding it")
        _write(file, str(os.getpid()))
        try:
            yield
        finally:
            _write(file, "")


def _acquire(file: IO[str], path: Path, report: Callable[[str], None], patience_seconds: float) -> None:
    deadline = time.monotonic() + patience_seconds
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(file) or "unknown"
            if time.monotonic() > deadline:
                raise RehearsalError(
                    f"{path} is held by another command (process {holder}).",
                    "Wait for it to end, or end it, and try again.",
                ) from None
            if not told:
                report(f"waiting for another command (process {holder}) to let go of {path.name}")
                told = True
            time.sleep(POLL_SECONDS)
        else:
            return


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip()


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
