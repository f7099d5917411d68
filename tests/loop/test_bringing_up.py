"""From nothing to a live environment in one command, and nothing more to do after it."""

from __future__ import annotations

import re
from typing import cast

from tests.loop.cluster import moved
from tests.loop.conftest import Beginning
from tests.loop.world import STACKS, World, at, finished, tag, weights
from tests.waiting import eventually

NOTHING_TO_DO = re.compile(r"^(\w+): no changes", re.MULTILINE)


def test_one_command_brings_all_stacks_up_in_order(beginning: Beginning) -> None:
    assert beginning.first.code == 0, beginning.first.output
    created = re.findall(r"^(\w+): \d+ created", beginning.first.output, re.MULTILINE)
    assert tuple(created) == STACKS


def test_every_deployment_is_ready_and_every_autoscaler_has_its_minimum(world: World) -> None:
    cluster = world.cluster

    def short() -> list[str]:
        found: list[str] = []
        for scaler in cluster.list("/apis/autoscaling/v2/horizontalpodautoscalers"):
            namespace, name = at(scaler, "metadata", "namespace"), at(scaler, "spec", "scaleTargetRef", "name")
            status = at(cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"), "status")
            if (at(status, "readyReplicas") or 0) != at(scaler, "spec", "minReplicas"):
                found.append(f"{namespace}/{name}: {status}")
        return found

    eventually(lambda: not short(), "every autoscaler has its minimum")
    deployments = [
        each
        for each in cluster.list("/apis/apps/v1/deployments")
        if str(at(each, "metadata", "namespace")).startswith("stratmaster-")
    ]
    # The API and five MCP services in each slot, the maintenance page, the exporter of the database.
    assert len(deployments) == 2 * 6 + 2
    for each in deployments:
        assert at(each, "status", "readyReplicas") == at(each, "spec", "replicas"), each


def test_every_sealed_secret_is_a_secret_that_the_real_controller_made(world: World) -> None:
    for stack in ("production", "blue", "green"):
        place = f"namespaces/stratmaster-{stack}"
        sealed = world.cluster.list(f"/apis/bitnami.com/v1alpha1/{place}/sealedsecrets")
        found = {str(at(each, "metadata", "name")): each for each in world.cluster.list(f"/api/v1/{place}/secrets")}
        assert len(sealed) >= 12
        for each in sealed:
            secret = found[str(at(each, "metadata", "name"))]
            assert at(secret, "metadata", "ownerReferences", 0, "uid") == at(each, "metadata", "uid")
            assert keys(at(secret, "data")) == keys(at(each, "spec", "encryptedData"))


def keys(value: object) -> set[str]:
    return set(cast("dict[str, str]", value))


def test_helm_itself_lists_the_releases_and_their_history(world: World) -> None:
    listed = {(str(each["namespace"]), str(each["name"]), str(each["status"])) for each in world.helm("list", "-A")}
    assert listed == {(f"stratmaster-{slot}", "stratmaster-api", "deployed") for slot in ("blue", "green")}
    for slot in ("blue", "green"):
        assert world.releases(slot)[-1][1] == "deployed"


def test_a_second_up_changes_nothing_and_writes_nothing(world: World) -> None:
    before = world.cluster.settled()
    again = world.up().well()
    assert tuple(NOTHING_TO_DO.findall(again.output)) == STACKS, again.output
    assert not moved(before, world.cluster.everything())


def test_a_preview_that_expects_no_changes_is_content_and_writes_nothing(world: World) -> None:
    before = world.cluster.settled()
    world.preview("--expect-no-changes").well()
    assert not moved(before, world.cluster.everything())


def test_previews_of_changes_in_every_stack_write_nothing(world: World) -> None:
    before = world.cluster.settled()
    changes = (
        ("production", "--config-path", "-c", "access.operators[0]=other:operators"),
        (*tag("blue", "v9.9.9"), "-c", "databasePoolSize=5"),
        ("green", "-c", "shutdown=true"),
        weights(50, 50),
    )
    previews = [world.start("preview", "--engine", "embedded", "--expect-no-changes", *each) for each in changes]
    for change, done in zip(changes, [finished(each) for each in previews], strict=True):
        assert done.code == 7, f"{change}: {done.output}"  # Pulumi's "no changes were expected"
    assert not moved(before, world.cluster.everything())
