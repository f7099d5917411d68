"""Waiting for what a real server does in its own time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS: Final = 60.0
"""Far above what anything here takes on an idle machine; CI's is shared."""
PAUSE_SECONDS: Final = 0.05


def eventually(
    holds: Callable[[], bool], what: str | Callable[[], object], *, seconds: float = PATIENCE_SECONDS
) -> None:
    """Return once something holds.

    Args:
        holds: asked again and again.
        what: for the failure: what didn't come to be, or how to see what is there instead.
        seconds: how long to wait.

    Raises:
        AssertionError: it never did.
    """
    give_up = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > give_up:
            raise AssertionError(f"after {seconds:g} s still not so: {what if isinstance(what, str) else what()}")
        time.sleep(PAUSE_SECONDS)
