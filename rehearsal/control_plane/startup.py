"""Bringing the servers up, each as soon as what it can't do without is there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from rehearsal.control_plane import furniture, ports, processes, sealing, simulation
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.servers import APISERVER, CONTROLLER_MANAGER, ETCD, KWOK, NAMES, SCHEDULER, SEALING
from rehearsal.control_plane.wait import until, until_found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.control_plane.layout import Layout
    from rehearsal.control_plane.preparation import Prepared
    from rehearsal.control_plane.processes import Server

PORT_SECONDS = 10.0
LOOK_SECONDS = 0.05
BASE = frozenset({ETCD, APISERVER})


def missing(layout: Layout, wanted: Mapping[str, Server], report: Callable[[str], None]) -> set[str]:
    """The servers to start, after ending those that run otherwise than wanted (an older build, other options).

    Args:
        layout: whose plane.
        wanted: every server by name, as it should run.
        report: gets a line when the plane was found neither up nor down.
    """
    left = set(wanted)
    for name, found in processes.running(layout.plane, NAMES).items():
        right = [each for each in found if processes.runs(each, wanted[name])]
        processes.stop([each for each in found if each not in right[:1]])
        if right:
            left.discard(name)
        else:
            report(f"{name} ran with other arguments and is started anew")
    if left and len(left) < len(wanted):
        report(f"the control plane was only partly up; starting {', '.join(sorted(left))}")
    return left


def bring_up(
    layout: Layout,
    prepared: Prepared,
    wanted: Mapping[str, Server],
    names: set[str],
    definitions: list[furniture.Object],
) -> None:
    """Start the named servers and wait until the plane takes pods.

    Args:
        layout: whose plane.
        prepared: its ports and KWOK's configuration.
        wanted: every server by name.
        names: those to start; the others run.
        definitions: custom resource definitions that the cluster must have.

    Raises:
        RehearsalError: a server stopped, refused an object, or isn't ready in time.
    """
    for name, port in ((ETCD, prepared.ports.etcd), (APISERVER, prepared.ports.apiserver)):
        if name in names:
            _await_free(port)
    with Api(prepared.ports.apiserver, layout.pki) as api:
        _launch(names & BASE, wanted)
        # The bootstrap roles come last, and none of what follows needs them: administrators do it.
        until_found(api, "/readyz?exclude=poststarthook/rbac/bootstrap-roles", layout, BASE)
        _launch(names & {SCHEDULER}, wanted)
        _furnish(api, layout, definitions)
        if KWOK in names:
            _await_published(api, layout, prepared)
            _launch({KWOK}, wanted)
        until_found(api, "/readyz", layout, BASE)
        # Not sooner: it waits for a healthy API server itself, but gives up after ten seconds.
        _launch(names & {CONTROLLER_MANAGER, SEALING}, wanted)
        until(lambda: _nodes_ready(api), layout, NAMES, "get its nodes ready")
        furniture.apply(api, sealing.objects(prepared.ports.sealing))


def _await_free(port: int) -> None:
    """Give the kernel time to take apart a server that was killed: its port is the last that it lets go of.

    A port that stays taken is another program's; the server itself says so when it can't listen.
    """
    deadline = time.monotonic() + PORT_SECONDS
    while not ports.free(port) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def _launch(names: set[str], wanted: Mapping[str, Server]) -> None:
    for name in sorted(names):
        processes.start(wanted[name])


def _furnish(api: Api, layout: Layout, definitions: list[furniture.Object]) -> None:
    """Make sure of nodes, storage classes and definitions; the last only when others were applied before."""
    furniture.apply(api, furniture.fixtures())
    marker, digest = layout.applied, furniture.digest(definitions)
    if not marker.exists() or marker.read_text() != digest:
        furniture.apply(api, definitions)
        furniture.await_established(api, definitions)
        marker.write_text(digest)


def _await_published(api: Api, layout: Layout, prepared: Prepared) -> None:
    """Wait until every kind that KWOK watches is in the API's description: it gives up on one that isn't.

    A group's description is published with the first of its kinds and grows by the others.
    """
    kinds: dict[str, set[str]] = {}
    for group, kind in simulation.simulated(prepared.simulation):
        kinds.setdefault(group, set()).add(kind)
    for group, wanted in kinds.items():
        until(
            lambda group=group, wanted=wanted: _describes(api, group, wanted),
            layout,
            BASE,
            f"describe {', '.join(sorted(wanted))} of {group}",
        )


def _describes(api: Api, group: str, kinds: set[str]) -> bool:
    description = api.text(f"/openapi/v3/{'apis' if '/' in group else 'api'}/{group}")
    return all(f'"kind":"{kind}"' in description for kind in kinds)


def _nodes_ready(api: Api) -> bool:
    """Whether every node is ready and open to pods, which KWOK and the node lifecycle controller bring about."""
    items = cast("list[dict[str, dict[str, object]]]", api.get("/api/v1/nodes").get("items", []))
    return len(items) >= furniture.NODES and all(not node["spec"].get("taints") for node in items)
