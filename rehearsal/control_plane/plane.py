"""The rehearsal's control plane: started, stopped and looked at."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.control_plane import binaries, certificates, furniture, kubeconfig, ports, processes, sealing, startup
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.layout import Layout
from rehearsal.control_plane.lock import locked
from rehearsal.control_plane.preparation import Options, plant, prepare, remembered
from rehearsal.control_plane.servers import APISERVER, ETCD, NAMES, SEALING, servers
from rehearsal.control_plane.wait import until
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import psutil

    from rehearsal.control_plane.sealing import SealingKey

HTTP_OK = 200
# Another start (which may be building) or a stop is waited for that long.
PATIENCE_SECONDS = 120.0


def _silent(_: str) -> None:
    """Report nothing."""


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
            options: what a test wants otherwise; without them it starts as it was last started.
        """
        self._layout = Layout(home.resolve())
        self._options = options

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
            options = self._options or remembered(self._layout)
            definitions = furniture.definitions(programs.definitions, options.definitions)
            prepared = prepare(self._layout, programs, options, report)
            wanted = {each.name: each for each in servers(self._layout, prepared, programs.paths)}
            names = startup.missing(self._layout, wanted, report)
            plant(self._layout, binaries.cache(), programs, definitions, report)
            startup.bring_up(self._layout, prepared, wanted, names, definitions)

    def sealing_keys(self) -> list[SealingKey]:
        """The keys of the Sealed Secrets controller, the newest last; waits for the first, a moment after a start.

        Raises:
            RehearsalError: the plane doesn't run, or its controller makes none.
        """
        known = ports.remembered(self._layout.ports)
        if known is None:
            raise RehearsalError("The control plane was never started.", "Run `python -m rehearsal start`.")
        with Api(known.apiserver, self._layout.pki) as api:
            until(lambda: bool(sealing.keys(api)), self._layout, {SEALING}, "make a sealing key")
            return sealing.keys(api)

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
                numbers = " ".join(str(each.pid) for group in left.values() for each in group)
                raise RehearsalError(
                    f"These servers did not stop: {', '.join(sorted(left))}.", f"End them yourself: kill -9 {numbers}"
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

    def _running(self) -> dict[str, list[psutil.Process]]:
        return processes.running(self._layout.plane, NAMES)
