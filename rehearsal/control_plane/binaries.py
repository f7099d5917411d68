"""The plane's programs: envtest's where KUBEBUILDER_ASSETS names them, else built once and cached by content."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.control_plane import build, modules, patching, sources
from rehearsal.control_plane.lock import locked
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable

TOOLS = Path(__file__).resolve().parent.parent / "tools"
PROGRAMS = (*build.LINKS, "helm")
ASSETS = ("etcd", "kube-apiserver", "kubectl")
# Measured: 1.0 GB of module sources, 2.9 GB of Go's build cache, 0.2 GB of binaries, with some room for the link.
NEEDED_GIGABYTES = 5
GIGABYTE = 1_000_000_000
# A cold build on a slow machine, twice over: whoever waits that long waits for a build that hangs.
BUILD_PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class Programs:
    """What a build left, ready to run.

    Args:
        paths: each program's binary by name.
        definitions: folder of the pinned custom resource definitions, a JSON file each.
        stages: folder of KWOK's own stages.
    """

    paths: dict[str, Path]
    definitions: Path
    stages: Path


def cache() -> Path:
    """The rehearsal's cache, outside every checkout so that each of them shares one build."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "stratmaster-rehearsal"


def key() -> str:
    """What names a build: everything that shapes it.

    Go's own version is left out on purpose: go.mod sets the least one, and a patch release of Go on the PATH
    must not cost the next `make up` seven minutes.
    """
    digest = hashlib.sha256()
    own = (Path(sources.__file__), Path(build.__file__), Path(modules.__file__), Path(patching.__file__))
    for path in (*sorted(TOOLS.glob("*.go")), TOOLS / "go.mod", TOOLS / "go.sum", *own):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(f"{platform.system()}/{platform.machine()}".encode())
    return digest.hexdigest()


def provide(report: Callable[[str], None]) -> Programs:
    """The programs, built now where this machine has never built them.

    Args:
        report: gets progress lines while they are built.

    Raises:
        RehearsalError: no Go, no disk, or a failed build.
    """
    folder = cache() / key()
    if not folder.exists():
        _check_disk(cache())
        with locked(cache() / "build.lock", report=report, patience_seconds=BUILD_PATIENCE_SECONDS):
            if not folder.exists():
                build.build(TOOLS, folder, cache(), report)
    paths = {name: folder / "bin" / name for name in PROGRAMS}
    return Programs(paths=paths | _assets(), definitions=folder / "definitions", stages=folder / "stages")


def _assets() -> dict[str, Path]:
    """Those of envtest's programs that are there (its convention: a folder in KUBEBUILDER_ASSETS)."""
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    found = {name: Path(folder) / name for name in ASSETS} if folder else {}
    return {name: path.absolute() for name, path in found.items() if os.access(path, os.X_OK)}


def _check_disk(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / GIGABYTE
    if free < NEEDED_GIGABYTES:
        raise RehearsalError(
            f"Building the control plane's programs needs {NEEDED_GIGABYTES} GB of disk; {folder} has {free:.1f} GB.",
            "Free some, or set XDG_CACHE_HOME to a folder on a larger disk.",
        )
