"""Control planes of the tests' own."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.control_plane import ControlPlane, Options

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def running(name: str, options: Options | None = None) -> Generator[ControlPlane]:
    """A running plane in a home of its own, of which nothing is left. Its path is short: some become socket names.

    Args:
        name: what its home's name begins with.
        options: what it has otherwise.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as home:
        plane = ControlPlane(Path(home).resolve(), options)
        try:
            plane.start(print)
            yield plane
        finally:
            plane.stop(wipe=True)
