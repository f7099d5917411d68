"""A developer's stack: no foundation, no traffic."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.loop.cluster import Cluster, Snapshot
from tests.loop.world import World, at

APPS = "/apis/apps/v1/namespaces/stratmaster-dev/deployments"


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A developer's stack in a project of its own, and the whole API before it."""

    world: World
    before: Snapshot

    @property
    def cluster(self) -> Cluster:
        return self.world.cluster


@pytest.fixture(scope="module")
def alone(bare: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    world = bare.copy(tmp_path_factory.mktemp("developer") / "project")
    before = bare.cluster.settled()
    world.up("dev").well()
    yield Alone(world=world, before=before)
    world.destroy("dev").well()
    shutil.rmtree(world.plane.home / "stacks", ignore_errors=True)


def test_it_comes_up_with_no_foundation(alone: Alone) -> None:
    namespaces = {name_of(each) for each in alone.cluster.list("/api/v1/namespaces")}
    assert "stratmaster-dev" in namespaces - {"stratmaster-production"}
    deployments = alone.cluster.list(APPS)
    assert len(deployments) == 6
    assert all(at(each, "status", "readyReplicas") for each in deployments)
    alone.world.preview("dev", "--expect-no-changes").well()


def test_a_mistake_is_told_in_clear_words_although_secrets_hold_the_projects_name(alone: Alone) -> None:
    refused = alone.world.preview("dev", "--config-forget", "-c", "databasePoolsize=5")
    refused.refused("stratmaster:databasePoolsize is not a setting", "databasePoolSize?")


def test_destroying_it_leaves_no_object(alone: Alone) -> None:
    alone.world.destroy("dev").well()
    assert set(alone.cluster.emptied(alone.before)) == set(alone.before)


def name_of(found: Mapping[str, object]) -> str:
    return str(at(found, "metadata", "name"))
