"""What tests of every room share: one control plane a worker, started when its first test asks for it, and Helm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from rehearsal.control_plane import binaries
from tests import planes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.control_plane import ControlPlane


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
    """A worker's plane, for tests that clean up behind themselves."""
    with planes.running("rehearsal") as plane:
        yield plane


@pytest.fixture(scope="session")
def helm() -> Path:
    """The rehearsal's own Helm, which needs no plane that runs."""
    return binaries.provide(print).paths["helm"]


@pytest.fixture(scope="session")
def helm_on_the_path(helm: Path) -> Iterator[None]:
    """For the pack to render releases with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{helm.parent}{os.pathsep}{os.environ['PATH']}")
        yield
