"""What the tests of secrets share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from rehearsal.control_plane import ControlPlane


@pytest.fixture(scope="session", autouse=True)
def helm_on_the_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The rehearsal's own Helm, for the pack to render releases with."""
    folder = ControlPlane(tmp_path_factory.mktemp("never-started")).binary("helm").parent
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield
