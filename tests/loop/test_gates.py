"""What keeps users away from a slot that isn't ready: each gate refuses before any change, and opens once mended."""

from __future__ import annotations

import pytest

from tests.loop.cluster import moved
from tests.loop.world import API, SLOT_MINIMUM, World, weights
from tests.waiting import eventually


def test_a_slot_with_too_few_ready_pods_takes_no_users_until_it_has_them(world: World) -> None:
    scaler = "/apis/autoscaling/v2/namespaces/stratmaster-green/horizontalpodautoscalers/stratmaster-api"
    scale = "/apis/apps/v1/namespaces/stratmaster-green/deployments/stratmaster-api/scale"
    try:
        world.cluster.patch(scaler, {"spec": {"minReplicas": 1}})  # else it would put them back at once
        world.cluster.patch(scale, {"spec": {"replicas": 1}})
        eventually(lambda: world.ready("green") == 1, "green has one pod")
        before = world.cluster.settled()
        world.weigh(blue=50, green=50).refused("Slot green has 1 ready pods", f"minimum of {SLOT_MINIMUM}")
        # Of the pods that have gone, the controller of slices may still be writing: that isn't the refused update.
        assert {each.kind for each in moved(before, world.cluster.everything())} <= {"EndpointSlice"}
    finally:
        world.cluster.patch(scaler, {"spec": {"minReplicas": SLOT_MINIMUM}})
    world.await_ready("green")
    world.preview(*weights(50, 50)).well()


def test_a_slot_that_runs_another_image_takes_no_users_until_it_runs_the_declared_one(world: World) -> None:
    path, declared = "/apis/apps/v1/namespaces/stratmaster-green/deployments/stratmaster-api", world.image("green")
    container = "/spec/template/spec/containers/0/image"
    try:
        world.cluster.set(path, container, "ghcr.io/iamjonobo/stratmaster-api:by-hand")
        world.await_ready("green")
        before = world.cluster.settled()
        world.weigh(blue=0, green=100).refused("Slot green runs", ":by-hand, not", declared)
        assert not moved(before, world.cluster.everything())
    finally:
        world.cluster.set(path, container, declared)
    world.await_ready("green")
    world.preview(*weights(0, 100)).well()


def test_a_slot_whose_deployment_was_deleted_takes_no_users_until_helm_has_put_it_back(world: World) -> None:
    world.cluster.delete("/apis/apps/v1/namespaces/stratmaster-green/deployments/stratmaster-api")
    try:
        before = world.cluster.settled()
        told = ("Deployment stratmaster-green/stratmaster-api", "was deleted", "`pulumi up --refresh --stack green`")
        world.weigh(blue=0, green=100).refused(*told, "helm -n stratmaster-green rollback stratmaster-api REVISION")
        assert not moved(before, world.cluster.everything())
    finally:
        revision = world.releases("green")[-1][0]
        world.helm_does("rollback", API, str(revision), "--namespace", "stratmaster-green", "--wait")
    world.await_ready("green")
    world.preview(*weights(0, 100)).well()


@pytest.mark.parametrize("stack", ["blue", "production"])
def test_what_has_users_is_not_destroyed(world: World, stack: str) -> None:
    """Of a slot nothing goes; of the foundation all but its namespace does, so that the entry stays."""
    before = world.cluster.settled()
    try:
        assert (
            "users are on a slot (ConfigMap stratmaster-live): first give stack traffic other stratmaster:weights"
            in world.destroy(stack).output
        )
        after = world.cluster.everything()
        assert world.backends() == [("stratmaster-blue", API, 100)]
        if stack == "blue":
            assert not moved(before, after)
        assert {name for name in before if name.kind == "HTTPRoute"} <= after.keys()
    finally:
        world.up(stack).well()
