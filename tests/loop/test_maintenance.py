"""Everybody sent to the maintenance page, and slots scaled to zero without their autoscaler in the way, and back."""

from __future__ import annotations

from operator import itemgetter

import pytest

from tests.loop.cluster import moved
from tests.loop.world import API, SLOT_MINIMUM, World, at, weights
from tests.waiting import eventually

PAGE = ("stratmaster-production", "stratmaster-maintenance", 1)


def test_a_slot_that_users_are_on_is_not_shut_down(world: World) -> None:
    before = world.cluster.settled()
    world.up("blue", "-c", "shutdown=true").refused("Slot blue is live", "100 %", "stratmaster:maintenance")
    assert not moved(before, world.cluster.everything())


def test_an_idle_slot_is_shut_down_and_takes_no_users_until_it_is_back(world: World) -> None:
    with world.put_back("green"):
        world.up("green", "-c", "shutdown=true").well()
        assert_shut_down(world, "green")
        before = world.cluster.settled()
        world.weigh(blue=0, green=100).refused("Slot green is shut down", "shutdown false")
        assert not moved(before, world.cluster.everything())
    assert_back(world, "green")
    world.preview(*weights(0, 100)).well()


def test_in_maintenance_every_slot_may_be_shut_down_and_comes_back(world: World) -> None:
    with world.put_back("traffic"), world.put_back("blue", "green"):
        world.up("traffic", "-c", "maintenance=true").well()
        assert world.backends() == [PAGE]
        world.up("blue", "green", "-c", "shutdown=true").well()
        assert_shut_down(world, "blue")
        assert_shut_down(world, "green")
        # With no slot at all, traffic still does what it is told.
        world.up("traffic", "--config-path", "-c", "limits.timeoutSeconds=300").well()
        assert world.backends() == [PAGE]
    assert_back(world, "blue")
    assert_back(world, "green")
    assert world.backends() == [("stratmaster-blue", API, 100)]


@pytest.mark.parametrize("slot", ["blue", "green"])
def test_a_slot_holds_no_data_that_a_shutdown_could_lose(world: World, slot: str) -> None:
    assert not world.cluster.list(f"/api/v1/namespaces/stratmaster-{slot}/persistentvolumeclaims")
    assert not world.cluster.list(f"/apis/apps/v1/namespaces/stratmaster-{slot}/statefulsets")


def assert_shut_down(world: World, slot: str) -> None:
    """No pod, no pod's address, and nothing that would make one."""
    namespace = f"stratmaster-{slot}"
    eventually(lambda: not world.cluster.list(f"/api/v1/namespaces/{namespace}/pods"), f"{slot} has no pods")
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    eventually(lambda: not any(map(itemgetter("endpoints"), world.cluster.list(slices))), f"{slot} has no addresses")
    for each in world.cluster.list(f"/apis/apps/v1/namespaces/{namespace}/deployments"):
        assert at(each, "spec", "replicas") == 0
    assert not world.cluster.list(f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers")


def assert_back(world: World, slot: str) -> None:
    """The API at its minimum again, and everything under an autoscaler."""
    world.await_ready(slot)
    scalers = world.cluster.list(f"/apis/autoscaling/v2/namespaces/stratmaster-{slot}/horizontalpodautoscalers")
    assert {at(each, "metadata", "name"): at(each, "spec", "minReplicas") for each in scalers}[API] == SLOT_MINIMUM
    assert len(scalers) == 6
