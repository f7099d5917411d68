"""Everything on disk that the servers read: certificates, ports, kubeconfigs, configurations, and etcd's first data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rehearsal.control_plane import certificates, furniture, kubeconfig, ports, processes, seed, simulation
from rehearsal.control_plane.servers import (
    APISERVER,
    AUDIT_POLICY,
    CONTROLLER_MANAGER,
    ETCD,
    KWOK,
    NAMES,
    SCHEDULER,
    SCHEDULER_CONFIGURATION,
    SEALING,
    TUNNEL_CONFIGURATION,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rehearsal.control_plane.binaries import Programs
    from rehearsal.control_plane.layout import Layout


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a test may want otherwise.

    Args:
        pod_cidr: range of the pods' addresses. They are on no interface, unless somebody puts them on one.
        definitions: YAML files or folders whose custom resource definitions come in place of pinned ones.
        real: names of files in rehearsal/stages that aren't simulated, because a real controller runs.
    """

    pod_cidr: str = "10.244.0.0/16"
    definitions: tuple[Path, ...] = ()
    real: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a start goes on with.

    Args:
        ports: where the servers listen.
        simulation: KWOK's configuration; its name changes with its content, so that a running KWOK is seen to be old.
    """

    ports: ports.Ports
    simulation: Path


def prepare(layout: Layout, programs: Programs, options: Options, report: Callable[[str], None]) -> Prepared:
    """Write what is missing or has changed. Servers that run with certificates which had to be renewed are stopped.

    Raises:
        RehearsalError: no free port, or options that name something that isn't there.
    """
    layout.plane.mkdir(exist_ok=True, mode=0o700)
    layout.logs.mkdir(exist_ok=True, mode=0o700)
    if certificates.ensure(layout.pki):
        processes.stop([each for found in processes.running(layout.plane, NAMES).values() for each in found])
    chosen = _ports(layout, report)
    for client, path in (
        ("admin", layout.kubeconfig),
        *((name, layout.client(name)) for name in (CONTROLLER_MANAGER, SCHEDULER, KWOK, SEALING)),
    ):
        kubeconfig.write(path, _client(layout.pki, client, chosen.server))
    layout.scheduler.write_text(SCHEDULER_CONFIGURATION.format(kubeconfig=layout.client(SCHEDULER)))
    layout.tunnel.write_text(TUNNEL_CONFIGURATION.format(loopback=ports.LOOPBACK, port=chosen.tunnel, pki=layout.pki))
    # A copy: a path in this checkout would have a command from another one start the API server anew.
    layout.audit_policy.write_bytes(AUDIT_POLICY.read_bytes())
    written = simulation.write(layout.plane, stages=programs.stages, pod_cidr=options.pod_cidr, left_out=options.real)
    layout.options.write_text(json.dumps({"pod_cidr": options.pod_cidr, "real": sorted(options.real)}))
    return Prepared(ports=chosen, simulation=written)


def remembered(layout: Layout) -> Options:
    """What the last start wanted otherwise, definitions left out: once applied, the cluster has them.

    Failure it avoids: `up`, in the home of a test with a real controller, starts that one's simulation beside it.
    """
    try:
        found = cast("dict[str, object]", json.loads(layout.options.read_text()))
    except (OSError, ValueError):
        return Options()
    return Options(pod_cidr=str(found["pod_cidr"]), real=frozenset(cast("list[str]", found["real"])))


def plant(
    layout: Layout,
    cache: Path,
    programs: Programs,
    definitions: list[furniture.Object],
    report: Callable[[str], None],
) -> None:
    """Give a home without data the seed's, which holds the definitions already."""
    if layout.etcd.exists():
        return
    found = seed.provide(cache, programs.paths, definitions, report)
    # In this order: a marker without the data would be believed.
    seed.plant(found, layout.etcd)
    layout.applied.write_text(furniture.digest(definitions))


def _client(pki: Path, name: str, server: str) -> kubeconfig.Client:
    return kubeconfig.Client(
        server=server,
        authority=(pki / f"{certificates.AUTHORITY}.crt").read_bytes(),
        certificate=(pki / f"{name}.crt").read_bytes(),
        key=(pki / f"{name}.key").read_bytes(),
    )


def _ports(layout: Layout, report: Callable[[str], None]) -> ports.Ports:
    """The remembered ports while our servers hold them or nobody does, else new ones."""
    known = ports.remembered(layout.ports)
    if known:
        held = {
            ETCD: (known.etcd, known.etcd_peer),
            APISERVER: (known.apiserver,),
            SEALING: (known.sealing, known.tunnel),
        }
        found = processes.running(layout.plane, held)
        if all(name in found or all(map(ports.free, numbers)) for name, numbers in held.items()):
            return known
    if known:
        report("another program took one of the control plane's ports: choosing new ones")
    chosen = ports.choose()
    ports.remember(layout.ports, chosen)
    return chosen
