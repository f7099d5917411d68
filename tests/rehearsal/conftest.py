"""One control plane for all of the engine's tests, and a small project for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.control_plane import ControlPlane
from tests.rehearsal.rig import Rig, rig_in


@pytest.fixture
def rig(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Rig]:
    """A project with one stack and an empty namespace."""
    with rig_in(tmp_path, control_plane) as made:
        yield made
