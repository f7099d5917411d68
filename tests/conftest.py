"""What tests of every room share: one control plane a worker, started when its first test asks for it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from rehearsal.control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator


_LONGEST: Final = ("loop", "traffic")
"""Folders whose tests share one environment: each is one worker's, and begins first, since it takes longest."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one worker's hands, for the sake of what they share, and begin with the longest.

    First of all: xdist reads the groups in this hook too, and what is marked after it is marked in vain.
    """
    for item in items:
        if item.path.parent.name in _LONGEST:
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
        else:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    items.sort(key=lambda item: item.path.parent.name not in _LONGEST)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run ungrouped: what a file's tests share would be made anew by every worker."""
    if getattr(session.config.option, "loadgroup", False) and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("pytest-xdist groups no tests with this pytest: see requirements-dev.txt")


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
