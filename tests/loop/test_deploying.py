"""A new build on the idle slot, users moved to it and back: each touches what it is about and nothing else."""

from __future__ import annotations

from tests.loop.cluster import Name, moved
from tests.loop.world import API, World, tag

APP, STANDBY_BLUE, STANDBY_GREEN = (
    Name(namespace="stratmaster-production", kind="HTTPRoute", name=f"stratmaster-{name}")
    for name in ("app", "standby-blue", "standby-green")
)
SERIES = Name(namespace="stratmaster-production", kind="PrometheusRule", name="stratmaster-traffic")
"""By it alerts know which slot is live."""
GUARDED = Name(namespace="stratmaster-production", kind="ConfigMap", name="stratmaster-live")
"""By it the cluster knows what nobody may delete."""
FOLLOWS = {"Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "ResourceQuota", "HorizontalPodAutoscaler"}
"""What controllers, and nobody else, write while a Deployment rolls."""
BLUE, GREEN = (("stratmaster-blue", API), ("stratmaster-green", API))


def test_a_new_image_on_green_touches_only_its_release_and_its_declaration(world: World) -> None:
    before = world.cluster.settled()
    (last, _, _) = world.releases("green")[-1]
    with world.put_back("green"):
        world.up(*tag("green", "v1.2.4")).well()
        touched = {each for each in moved(before, world.cluster.everything()) if each.kind not in FOLLOWS}
        assert {each.namespace for each in touched} == {"stratmaster-green"}
        assert {(each.kind, each.name) for each in touched} - {("PodDisruptionBudget", API)} == {
            ("ConfigMap", "stratmaster-declared"),
            ("Deployment", API),
            ("ConfigMap", "stratmaster-config"),  # labelled with the version, as is the Service
            ("Service", API),
            ("Secret", f"sh.helm.release.v1.{API}.v{last}"),  # superseded
            ("Secret", f"sh.helm.release.v1.{API}.v{last + 1}"),
        }
        assert ":v1.2.4@sha256:" in world.image("green")
        assert [status for _, status, _ in world.releases("green")[-2:]] == ["superseded", "deployed"]


def test_a_cut_over_touches_the_routes_and_what_says_which_slot_is_live_and_so_does_going_back(world: World) -> None:
    before = world.cluster.settled()
    with world.put_back("traffic"):
        world.weigh(blue=0, green=100).well()
        assert moved(before, over := world.cluster.everything()) == {APP, STANDBY_BLUE, STANDBY_GREEN, SERIES, GUARDED}
        assert STANDBY_GREEN in over  # it makes green known before users come, and blue's goes after they have left
        assert STANDBY_BLUE not in over
        assert world.backends() == [(*GREEN, 100)]  # a slot with weight 0 isn't referred to
        world.weigh(blue=100, green=0).well()
        assert moved(over, world.cluster.everything()) == {APP, STANDBY_BLUE, STANDBY_GREEN, SERIES, GUARDED}
        assert world.backends() == [(*BLUE, 100)]


def test_shared_weights_refer_to_both_slots(world: World) -> None:
    before = world.cluster.settled()
    with world.put_back("traffic"):
        world.weigh(blue=90, green=10).well()
        assert world.backends() == [(*BLUE, 90), (*GREEN, 10)]
        assert moved(before, world.cluster.everything()) == {APP, STANDBY_GREEN, SERIES, GUARDED}
