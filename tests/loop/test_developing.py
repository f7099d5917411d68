"""A developer's stack: no foundation, no traffic, and secrets that can change their backend."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import pytest

from rehearsal.engine.providers.api import Object
from tests.loop.cluster import Cluster, Snapshot
from tests.loop.world import World, at

APPS = "/apis/apps/v1/namespaces/stratmaster-dev/deployments"
SECRETS = "/api/v1/namespaces/stratmaster-dev/secrets"


@dataclass(frozen=True, kw_only=True)
class Alone:
    """A developer's stack in a project of its own, and the whole API before it."""

    world: World
    before: Snapshot

    @property
    def cluster(self) -> Cluster:
        return self.world.cluster

    def secrets(self) -> set[str]:
        """Names of the Secrets that are there."""
        return {name_of(each) for each in self.cluster.list(SECRETS)}


@pytest.fixture(scope="module")
def alone(bare: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    world = bare.copy(tmp_path_factory.mktemp("developer") / "project")
    sealed = world.project / "secrets"
    shutil.copy(sealed / "green.sealed.yaml", sealed / "dev.sealed.yaml")
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


@pytest.mark.parametrize(("old", "new"), [("plain", "sealed"), ("sealed", "plain")])
def test_secrets_change_their_backend_with_no_moment_without(alone: Alone, old: str, new: str) -> None:
    alone.world.up("dev", "-c", backend(old)).well()
    since, there = alone.cluster.now(), alone.secrets()
    wanted = {name_of(each): references(each) for each in alone.cluster.list(APPS)}
    assert set().union(*wanted.values()) <= there
    assert all(name.endswith(f"-{old}") for name in wanted["stratmaster-api"])
    alone.world.up("dev", "-c", backend(new)).well()
    for _, kind, event, seen in written(alone.cluster, since):
        if kind == APPS:
            wanted[name_of(seen)] = references(seen)
        elif event == "DELETED":
            there.discard(name_of(seen))
        else:
            there.add(name_of(seen))
        assert set().union(*wanted.values()) <= there, f"{name_of(seen)} {event}"
    assert wanted["stratmaster-api"]
    assert all(name.endswith(f"-{new}") for names in wanted.values() for name in names)
    assert not {name for name in alone.secrets() if name.endswith(f"-{old}")}


def test_a_mistake_is_told_in_clear_words_although_secrets_hold_the_projects_name(alone: Alone) -> None:
    refused = alone.world.preview("dev", "--config-forget", "-c", "databasePoolsize=5")
    refused.refused("stratmaster:databasePoolsize is not a setting", "databasePoolSize?")


def test_destroying_it_leaves_no_object(alone: Alone) -> None:
    alone.world.destroy("dev").well()
    assert set(alone.cluster.emptied(alone.before)) == set(alone.before)


def backend(name: str) -> str:
    """The setting that chooses it, as a whole: what the other backend reads would be refused."""
    return f"secrets={json.dumps({'backend': name})}"


def written(cluster: Cluster, since: int) -> list[tuple[int, str, str, Object]]:
    """All that was written to Deployments and secrets since a resourceVersion, in the order it was."""
    found = [
        (at_, path, event, seen)
        for path in (APPS, SECRETS)
        for at_, event, seen in cluster.history(path, since)
    ]
    return sorted(found, key=lambda each: each[0])


def name_of(found: Mapping[str, object]) -> str:
    return str(at(found, "metadata", "name"))


def references(deployment: Object) -> set[str]:
    """The Secrets that a Deployment's pods need."""
    pod = at(deployment, "spec", "template", "spec")
    found = {name_of({"metadata": each}) for each in _mappings(at(pod, "imagePullSecrets"))}
    for container in _mappings(at(pod, "containers")):
        variables = (at(each, "valueFrom", "secretKeyRef", "name") for each in _mappings(at(container, "env")))
        whole = (at(each, "secretRef", "name") for each in _mappings(at(container, "envFrom")))
        found |= {str(each) for each in (*variables, *whole) if each}
    return found | {str(name) for each in _mappings(at(pod, "volumes")) if (name := at(each, "secret", "secretName"))}


def _mappings(value: object) -> list[Object]:
    return cast("list[Object]", value or [])
