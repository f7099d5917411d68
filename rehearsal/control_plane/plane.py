"""The rehearsal's control plane: started, stopped and looked at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rehearsal.control_plane import binaries, certificates, furniture, kubeconfig, ports, processes, seed, simulation
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.layout import Layout
from rehearsal.control_plane.lock import locked
from rehearsal.control_plane.servers import (
    APISERVER,
    CONTROLLER_MANAGER,
    ETCD,
    KWOK,
    NAMES,
    SCHEDULER,
    SCHEDULER_CONFIGURATION,
    servers,
)
from rehearsal.control_plane.wait import until, until_found
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rehearsal.control_plane.processes import Server

HTTP_OK = 200
# Another start (which may be building) or a stop is waited for that long.
PATIENCE_SECONDS = 120.0


def _silent(_: str) -> None:
    """Report nothing."""


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
class Status:
    """How the plane is.

    Args:
        ready: the API server answers and every server runs.
        server: the API server's URL; None before the first start.
        processes: process id of each server, None where it doesn't run.
    """

    ready: bool
    server: str | None
    processes: dict[str, int | None]


class ControlPlane:
    """A Kubernetes control plane on this machine's loopback, kept in one folder.

    Everything in it is real but the containers, which KWOK plays. It outlives the command that starts it, and
    its objects outlive a stop. Everything that it does is safe to repeat, and to repeat after a crash.
    """

    def __init__(self, home: Path, options: Options | None = None) -> None:
        """Name a plane; nothing happens yet.

        Args:
            home: the folder it lives in; made at the first start.
            options: what a test wants otherwise.
        """
        self._layout = Layout(home.absolute())
        self._options = options or Options()

    @property
    def home(self) -> Path:
        """The folder it lives in, absolute."""
        return self._layout.home

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, there after the first start."""
        return self._layout.kubeconfig

    def binary(self, name: str) -> Path:
        """One of the plane's programs, for example `helm` or `kubectl`; built first where it never was.

        Raises:
            RehearsalError: there is no such program, or it can't be built.
        """
        paths = binaries.provide(_silent).paths
        if name not in paths:
            raise RehearsalError(f"The control plane has no program {name!r}.", f"It has: {', '.join(sorted(paths))}.")
        return paths[name]

    def verify_kubeconfig(self) -> None:
        """Refuse a kubeconfig in the home that isn't this plane's, before anything is changed through it.

        Raises:
            RehearsalError: it is missing, or points at another server or authority.
        """
        known = ports.remembered(self._layout.ports)
        authority = self._layout.pki / f"{certificates.AUTHORITY}.crt"
        if known is None or not authority.exists():
            raise RehearsalError(
                f"The control plane in {self.home} has no certificates, so {self.kubeconfig} can't be its kubeconfig.",
                "Move that file away, if it is there, and run `python -m rehearsal start`.",
            )
        kubeconfig.verify(self.kubeconfig, server=known.server, authority=authority.read_bytes())

    def start(self, report: Callable[[str], None] = _silent) -> None:
        """Bring the plane up, or what is missing of it; ready when this returns.

        Args:
            report: gets a line for whatever takes long or was found broken.

        Raises:
            RehearsalError: a program can't be built, a port or the disk is missing, a server stops, the
                kubeconfig in the home is another cluster's, or another command keeps the plane busy.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        programs = binaries.provide(report)
        with locked(self._layout.lock, report=report, patience_seconds=PATIENCE_SECONDS):
            # One that is somebody else's is not written over.
            if self.kubeconfig.exists():
                self.verify_kubeconfig()
            chosen = self._prepare(programs, report)
            wanted = {server.name: server for server in servers(self._layout, chosen, programs.paths)}
            missing = self._missing(wanted, report)
            self._plant(programs, report)
            self._bring_up(missing, wanted, chosen, programs)

    def stop(self, *, wipe: bool = False, report: Callable[[str], None] = _silent) -> None:
        """Stop every server of this home, whoever started it, and wait until they are gone.

        Args:
            wipe: remove the plane's data, certificates, kubeconfig and logs as well.
            report: gets a line when another command is waited for.

        Raises:
            RehearsalError: a server can't be ended, or another command keeps the plane busy.
        """
        if not self.home.exists():
            return
        with locked(self._layout.lock, report=report, patience_seconds=PATIENCE_SECONDS):
            found = self._running()
            # etcd last: without it the API server would hang on its way out.
            processes.stop([each for name in NAMES if name != ETCD for each in found.get(name, [])])
            processes.stop(found.get(ETCD, []))
            left = self._running()
            if left:
                raise RehearsalError(
                    f"These servers did not stop: {', '.join(sorted(left))}.",
                    f"End them yourself: kill -9 {' '.join(str(each.pid) for group in left.values() for each in group)}",
                )
            if wipe:
                shutil.rmtree(self._layout.plane, ignore_errors=True)
                shutil.rmtree(self._layout.logs, ignore_errors=True)
                self.kubeconfig.unlink(missing_ok=True)

    def status(self) -> Status:
        """How the plane is now. Changes nothing, and raises nothing for a plane that isn't there."""
        found = self._running()
        known = ports.remembered(self._layout.ports)
        answers = False
        if known and APISERVER in found:
            with Api(known.apiserver, self._layout.pki) as api:
                answers = api.status("/readyz") == HTTP_OK
        return Status(
            ready=answers and set(found) == set(NAMES),
            server=known.server if known else None,
            processes={name: found[name][0].pid if name in found else None for name in NAMES},
        )

    def _running(self) -> dict[str, list[processes.psutil.Process]]:
        return processes.running(self._layout.plane, NAMES)

    def _prepare(self, programs: binaries.Programs, report: Callable[[str], None]) -> ports.Ports:
        """Write every file that the servers read."""
        layout = self._layout
        layout.plane.mkdir(exist_ok=True, mode=0o700)
        layout.logs.mkdir(exist_ok=True, mode=0o700)
        certificates.ensure(layout.pki)
        chosen = self._ports(report)
        authority = (layout.pki / f"{certificates.AUTHORITY}.crt").read_bytes()
        for client, path in (
            ("admin", layout.kubeconfig),
            *((name, layout.client(name)) for name in (CONTROLLER_MANAGER, SCHEDULER, KWOK)),
        ):
            pair = [(layout.pki / f"{client}.{end}").read_bytes() for end in ("crt", "key")]
            kubeconfig.write(
                path,
                kubeconfig.Client(server=chosen.server, authority=authority, certificate=pair[0], key=pair[1]),
            )
        layout.scheduler.write_text(SCHEDULER_CONFIGURATION.format(kubeconfig=layout.client(SCHEDULER)))
        simulation.write(
            layout.simulation, stages=programs.stages, pod_cidr=self._options.pod_cidr, real=self._options.real
        )
        return chosen

    def _ports(self, report: Callable[[str], None]) -> ports.Ports:
        """The remembered ports while our servers hold them or nobody does, else new ones."""
        known = ports.remembered(self._layout.ports)
        found = self._running()
        if known and (
            (APISERVER in found or ports.free(known.apiserver))
            and (ETCD in found or (ports.free(known.etcd) and ports.free(known.etcd_peer)))
        ):
            return known
        if known:
            report("another program took one of the control plane's ports: choosing new ones")
        chosen = ports.choose()
        ports.remember(self._layout.ports, chosen)
        return chosen

    def _missing(self, wanted: dict[str, Server], report: Callable[[str], None]) -> set[str]:
        """The servers to start, after ending those that run otherwise than wanted (an older build, other options)."""
        missing = set(wanted)
        for name, found in self._running().items():
            right = [each for each in found if processes.runs(each, wanted[name])]
            processes.stop([each for each in found if each not in right[:1]])
            if right:
                missing.discard(name)
            else:
                report(f"{name} ran with other arguments and is started anew")
        if missing and len(missing) < len(wanted):
            report(f"the control plane was only partly up; starting {', '.join(sorted(missing))}")
        return missing

    def _plant(self, programs: binaries.Programs, report: Callable[[str], None]) -> None:
        """Give a home without data the seed's, which holds the definitions already."""
        if self._layout.etcd.exists():
            return
        definitions = self._definitions(programs)
        found = seed.provide(binaries.cache(), programs.paths, definitions, report)
        # In this order: a marker without the data would be believed.
        seed.plant(found, self._layout.etcd)
        self._layout.applied.write_text(furniture.digest(definitions))

    def _furnish(self, api: Api, programs: binaries.Programs) -> None:
        """Make sure of nodes, storage classes and definitions; the last only when others were applied before."""
        definitions = self._definitions(programs)
        marker, digest = self._layout.applied, furniture.digest(definitions)
        furniture.apply(api, furniture.fixtures())
        if not marker.exists() or marker.read_text() != digest:
            furniture.apply(api, definitions)
            furniture.await_established(api, definitions)
            marker.write_text(digest)

    def _definitions(self, programs: binaries.Programs) -> list[furniture.Object]:
        return furniture.definitions(programs.definitions, self._options.definitions)

    def _bring_up(
        self, missing: set[str], wanted: dict[str, Server], chosen: ports.Ports, programs: binaries.Programs
    ) -> None:
        """Start the missing servers, each as soon as what it can't do without is there."""
        layout, base = self._layout, {ETCD, APISERVER}
        with Api(chosen.apiserver, layout.pki) as api:
            self._launch(missing & base, wanted)
            # The bootstrap roles come last, and none of what follows needs them: administrators do it.
            until_found(api, "/readyz?exclude=poststarthook/rbac/bootstrap-roles", layout, base)
            self._launch(missing & {SCHEDULER}, wanted)
            self._furnish(api, programs)
            if KWOK in missing:
                self._await_published(api)
                self._launch({KWOK}, wanted)
            until_found(api, "/readyz", layout, base)
            # Not sooner: it waits for a healthy API server itself, but gives up after ten seconds.
            self._launch(missing & {CONTROLLER_MANAGER}, wanted)
            until(lambda: _nodes_ready(api), layout, set(NAMES), "get its nodes ready")

    def _launch(self, names: set[str], wanted: dict[str, Server]) -> None:
        for name in names:
            processes.start(wanted[name])

    def _await_published(self, api: Api) -> None:
        """Wait until every kind that KWOK watches is in the API's description: it gives up on one that isn't."""
        for group in simulation.simulated(self._layout.simulation):
            path = f"/openapi/v3/{'api' if group == 'v1' else 'apis'}/{group}"
            until_found(api, path, self._layout, {ETCD, APISERVER})


def _nodes_ready(api: Api) -> bool:
    """Whether every node is ready and open to pods, which KWOK and the node lifecycle controller bring about."""
    items = cast("list[dict[str, dict[str, object]]]", api.get("/api/v1/nodes").get("items", []))
    return len(items) >= furniture.NODES and all(not node["spec"].get("taints") for node in items)
