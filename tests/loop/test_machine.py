"""What the machine may lack, and what may stand in the way on it: two lines, and nothing lost."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rehearsal.control_plane import ControlPlane
from tests.loop.cluster import moved
from tests.loop.world import ROOT, World

DEAD = "4194305"  # above the largest process id that Linux gives
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def fresh() -> Iterator[World]:
    """The project with a home that has nothing in it."""
    with tempfile.TemporaryDirectory(prefix="fresh-") as home:
        world = World(project=ROOT, plane=ControlPlane(Path(home).resolve()))
        yield world
        world.plane.stop(wipe=True)


def sandbox(*command: str) -> tuple[str, ...]:
    """A command that runs another one in namespaces of its own; the test is skipped where the system has none."""
    probe = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        pytest.skip(f"no sandbox here: {probe.stderr.strip()}")
    return command


def test_a_stack_that_another_command_is_changing_is_refused(world: World) -> None:
    before = world.cluster.settled()
    with (world.plane.home / "state" / "blue.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        world.up("blue").refused("stack blue is being changed", str(os.getpid()), "Wait")
    assert not moved(before, world.cluster.everything())


def test_locks_of_the_dead_are_in_nobodys_way(world: World) -> None:
    for lock in ("state/blue.lock", "control-plane.lock"):
        (world.plane.home / lock).write_text(DEAD)
    assert "blue: no changes" in world.up("blue").well().output


def test_a_kubeconfig_that_is_not_the_rehearsals_is_refused_and_kept(world: World) -> None:
    before = world.cluster.settled()
    path = world.plane.kubeconfig
    ours = path.read_text()
    theirs = ours.replace("127.0.0.1", "192.0.2.1")
    try:
        path.write_text(theirs)
        world.up("blue").refused("is not the rehearsal's", "https://192.0.2.1", "Move")
        assert path.read_text() == theirs
    finally:
        path.write_text(ours)
    assert not moved(before, world.cluster.everything())


def test_without_go_and_without_an_index_it_says_where_to_get_it(fresh: World, tmp_path: Path) -> None:
    without = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PIP_RETRIES": "0", "PIP_INDEX_URL": NOWHERE}
    fresh.run("start", **without).refused("Go", "https://go.dev/dl")


def test_without_disk_for_the_build_it_says_how_much_it_needs(fresh: World, tmp_path: Path) -> None:
    small = sandbox("unshare", "--user", "--map-root-user", "--mount")
    mounted = ("sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', str(tmp_path))
    full = replace(fresh, within=(*small, *mounted))
    full.run("start", XDG_CACHE_HOME=str(tmp_path)).refused("GB of disk", str(tmp_path), "XDG_CACHE_HOME")


def test_without_disk_for_its_data_it_says_so(fresh: World) -> None:
    small = sandbox("unshare", "--user", "--map-root-user", "--mount")
    home = str(fresh.plane.home)
    full = replace(fresh, within=(*small, "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', home))
    full.run("start").refused("disk", home)


def test_without_a_free_port_it_says_which_it_tried(fresh: World) -> None:
    # In a network namespace where every port that it would choose is a privileged one, without the privilege.
    forbid = 'echo 32001 > /proc/sys/net/ipv4/ip_unprivileged_port_start && exec setpriv --bounding-set=-all "$@"'
    within = sandbox("unshare", "--user", "--map-root-user", "--net", "sh", "-c", forbid, "sh")
    replace(fresh, within=within).run("start").refused("No free port", "127.0.0.1", "ss -ltn")
