"""What tests of every room share: one control plane for the whole run, started when the first test asks for it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def control_plane() -> Iterator[ControlPlane]:
    """A running control plane in a home of its own, gone after the run. Its path is short: some become socket names."""
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as home:
        plane = ControlPlane(Path(home).resolve())
        try:
            plane.start(print)
            yield plane
        finally:
            plane.stop(wipe=True)
