"""Waiting for the plane, but never for one whose server has stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rehearsal.control_plane import processes
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rehearsal.control_plane.api import Api
    from rehearsal.control_plane.layout import Layout

READY_SECONDS = 90.0
POLL_SECONDS = 0.03
LOOK_SECONDS = 0.5
HTTP_OK = 200


def until_found(api: Api, path: str, layout: Layout, needed: Iterable[str]) -> None:
    """Wait until a GET of the path succeeds. Raises as `until` does."""
    until(lambda: api.status(path) == HTTP_OK, layout, needed, f"answer {path}")


def until(done: Callable[[], bool], layout: Layout, needed: Iterable[str], what: str) -> None:
    """Wait until something is so.

    Args:
        done: asked again and again.
        layout: whose plane.
        needed: servers that must run meanwhile.
        what: what the control plane shall do, for the error.

    Raises:
        RehearsalError: a needed server isn't running, or it takes longer than a minute and a half.
    """
    started = looked = time.monotonic()
    while not done():
        now = time.monotonic()
        if now - looked > LOOK_SECONDS:
            looked = now
            for name in sorted(set(needed) - set(processes.running(layout.plane, needed))):
                log = layout.log(name)
                raise RehearsalError(
                    f"{name} stopped: {processes.last_line(log)}",
                    f"Look into {log}; `python -m rehearsal stop` and start again.",
                )
        if now - started > READY_SECONDS:
            raise RehearsalError(
                f"The control plane does not {what} within {READY_SECONDS:.0f} s.",
                f"Look into {layout.logs}; `python -m rehearsal stop` and start again.",
            )
        time.sleep(POLL_SECONDS)
