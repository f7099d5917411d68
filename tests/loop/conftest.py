"""One environment for all of these tests, told as a story: from nothing, through every change, to nothing.

The stacks' namespaces are fixed, so there is one environment, on a control plane of its own, and one worker has it. The
files come in the order of `STORY`; within it every test puts back what it changed (`World.put_back`), so any of them
runs alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests import planes
from tests.loop.cluster import Snapshot
from tests.loop.world import ROOT, Done, World

STORY: Final = (
    "test_nothing_yet",
    "test_developing",
    "test_bringing_up",
    "test_deploying",
    "test_gates",
    "test_access_review",
    "test_failed_releases",
    "test_maintenance",
    "test_killed",
    "test_policies",
    "test_mistakes",
    "test_machine",
    "test_taking_down",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put this folder's tests into the story's order, and all of them into one worker's hands."""
    here = Path(__file__).parent
    places = [index for index, item in enumerate(items) if item.path.parent == here]
    told = sorted((items[index] for index in places), key=lambda item: STORY.index(item.path.stem))
    for index, item in zip(places, told, strict=True):
        items[index] = item


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """How the environment came up.

    Attributes:
        before: the whole API before the first `up`.
        first: that `up`, of all stacks from nothing.
    """

    before: Snapshot
    first: Done


@pytest.fixture(scope="session")
def bare() -> Iterator[World]:
    """The project on a control plane with nothing of it yet."""
    with planes.running("loop") as plane:
        yield World(project=ROOT, plane=plane)


@pytest.fixture(scope="session")
def beginning(bare: World) -> Beginning:
    """The environment, brought up by one command."""
    before = bare.cluster.settled()
    return Beginning(before=before, first=bare.up())


@pytest.fixture(scope="session")
def brought_up(bare: World, beginning: Beginning) -> World:
    """The environment as the committed stack files have it."""
    beginning.first.well()
    for slot in ("blue", "green"):
        bare.await_ready(slot)
    return bare


@pytest.fixture
def world(brought_up: World) -> Iterator[World]:
    """The environment, and no `-c` left over after the test."""
    yield brought_up
    shutil.rmtree(brought_up.plane.home / "stacks", ignore_errors=True)


@pytest.fixture
def draft(world: World, tmp_path: Path) -> World:
    """The same environment run from a copy of the project that a test may edit."""
    return world.copy(tmp_path / "project")
