"""Programs that only Debian has in a package: fetched once, unpacked into the cache, installed nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pytest

from rehearsal.control_plane import binaries

_TIMEOUT_SECONDS: Final = 300


class UnavailableError(Exception):
    """This machine has no such package, or no apt."""


def program(package: str) -> Path:
    """The program of the same name as its package.

    Raises:
        UnavailableError: not a Debian, or its mirror doesn't answer.
    """
    target = binaries.cache() / f"debian-{package}"
    if not target.exists():
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise UnavailableError("this is no Debian")
        with tempfile.TemporaryDirectory(prefix=package, dir=binaries.cache()) as folder:
            _fetch(package, Path(folder))
            (deb,) = Path(folder).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", deb, f"{folder}/unpacked"], check=True)
            Path(folder, "unpacked").rename(target)
    return target / "usr" / "bin" / package


def needed(package: str) -> Path:
    """The same, or the test is left out where it can't be had; never in CI, whose machines are Debian's."""
    try:
        return program(package)
    except UnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


def _fetch(package: str, folder: Path) -> None:
    download = ["apt-get", "download", package]
    for commands in ([download], [["apt-get", "update"], download]):  # a fresh machine has no lists yet
        if all(_went_well(command, folder) for command in commands):
            return
    raise UnavailableError(f"apt can't download {package}")


def _went_well(command: list[str], folder: Path) -> bool:
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)
    return done.returncode == 0
