"""An update of the real stack killed in the middle of its Helm release."""

from __future__ import annotations

import os
import signal

from tests.loop.test_deploying import FOLLOWS
from tests.loop.world import API, World, at, tag
from tests.waiting import eventually

HELMS = "/api/v1/namespaces/stratmaster-blue/secrets?labelSelector=owner%3Dhelm"


def test_the_next_up_finishes_a_release_that_a_kill_cut_short(world: World) -> None:
    before = set(world.cluster.settled())
    with world.put_back("blue"):
        process = world.start("up", "--engine", "embedded", *tag("blue", "v1.2.5"))
        eventually(lambda: "pending-upgrade" in statuses(world) or process.poll() is not None, "Helm has begun")
        os.killpg(process.pid, signal.SIGKILL)  # the engine and its Helm, as a power cut would
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert "pending-upgrade" in statuses(world)
        world.up("blue").well()
        assert ":v1.2.5@sha256:" in world.image("blue")
        world.await_ready("blue")
        assert world.releases("blue")[-1][1] == "deployed"
        assert not world.helm("list", "--all-namespaces", "--pending")
        world.preview("blue", "--expect-no-changes").well()
        after = {each for each in world.cluster.settled() if each.kind not in FOLLOWS}
        assert (
            not {each for each in before if each.kind not in FOLLOWS and not each.name.startswith("sh.helm.")} - after
        )
        assert all(each.name.startswith(f"sh.helm.release.v1.{API}.v") for each in after - before)
        sets = world.cluster.list("/apis/apps/v1/namespaces/stratmaster-blue/replicasets")
        running = [each for each in sets if at(each, "metadata", "ownerReferences", 0, "name") == API]
        assert sum(bool(at(each, "spec", "replicas")) for each in running) == 1


def statuses(world: World) -> list[str]:
    """The status of each revision that Helm keeps of blue's release."""
    return [str(at(each, "metadata", "labels", "status")) for each in world.cluster.list(HELMS)]
