"""What every command works with: the project, its control plane, the engine, the passphrase, the locks."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rehearsal import stand_ins
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.registry import Cluster
from rehearsal.engine.run import Engine
from rehearsal.errors import RehearsalError
from rehearsal.project import Project


@dataclass(frozen=True, kw_only=True)
class Session:
    """One call of the command line.

    Args:
        project: the project in the current folder.
        plane: its control plane.
        packs: folders of policy packs.
    """

    project: Project
    plane: ControlPlane
    packs: Sequence[Path] = ()

    @classmethod
    def here(cls, packs: Sequence[Path] | None = None) -> Session:
        """The session for the current folder; its own pack, `policies/`, unless others are named."""
        project = Project.find(Path.cwd())
        own = project.folder / "policies"
        found = [own] if packs is None and (own / "PulumiPolicy.yaml").exists() else list(packs or ())
        return cls(project=project, plane=ControlPlane(project.home), packs=[pack.absolute() for pack in found])

    def engine(self) -> Engine:
        """The embedded engine for this project and plane."""
        project = self.project
        helm = self.plane.binary("helm")
        if shutil.which("helm") is None:  # the policy pack, a process of its own, looks for it there
            os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(helm.parent)])
        return Engine(
            project=project.folder,
            name=project.name,
            states=project.home / "state",
            stacks=frozenset(project.stacks()),
            passphrase=passphrase(project.home),
            cluster=Cluster(
                kubeconfig=self.plane.kubeconfig,
                helm=helm,
                home=project.home,
                project=project.folder,
                verify=self.plane.verify_kubeconfig,
            ),
            packs=self.packs,
        )

    def stand_ins(self, stack: str) -> dict[str, object]:
        """What is set over a stack's settings here: where the sealed values are that this plane can open.

        Raises:
            RehearsalError: the plane doesn't run, or its controller has no key.
        """
        project, key = self.project, f"{self.project.name}:secrets"
        found = project.config(stack).values
        if not stand_ins.wanted(found, key):
            return {}
        folder = stand_ins.write(
            project.folder / "secrets" / f"{stack}.sealed.yaml",
            namespace=f"{project.name}-{stack}",  # as components/conventions.py has it
            home=project.home,
            keys=self.plane.sealing_keys(),
        )
        return stand_ins.settings(found, key, folder) if folder else {}

    @contextlib.contextmanager
    def locked(self, stack: str) -> Generator[None]:
        """Hold a stack for one run. The system lets go of it when a process dies, so no lock is ever stale.

        Raises:
            RehearsalError: another process is at it.
        """
        path = self.project.home / "state" / f"{stack}.lock"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise RehearsalError(
                    f"stack {stack} is being changed by process {file.read().strip() or 'unknown'}",
                    "Wait until it is done, or end it; the next run finishes what it began.",
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def passphrase(home: Path) -> str:
    """The rehearsal's own passphrase: made once, readable by its owner only."""
    path = home / "passphrase"
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
    return path.read_text()
