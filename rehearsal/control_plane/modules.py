"""Go modules taken as files: fetched by Go itself, pinned by their sums."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rehearsal.control_plane import golang
from rehearsal.errors import RehearsalError


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files of one Go module.

    Args:
        module: the module's path.
        version: its version.
        digest: its sum in go.sum's form; a download with another one is refused.
        files: globs in the module.
    """

    module: str
    version: str
    digest: str
    files: tuple[str, ...]


def download(go: str, source: Source) -> Path:
    """The module's folder, in Go's own cache; fetched where this machine has never had it.

    Raises:
        RehearsalError: it can't be had, or its sum is another one.
    """
    name = f"{source.module}@{source.version}"
    # Outside any module: these versions are ours to pin, no part of the tools' module graph.
    done = subprocess.run(
        [go, "mod", "download", "-json", name],
        capture_output=True,
        text=True,
        check=False,
        cwd=os.path.sep,
        env={**golang.environment(), "GOFLAGS": ""},
    )
    try:
        answer = cast("dict[str, str]", json.loads(done.stdout))
    except ValueError:
        answer = {"Error": done.stderr}
    if answer.get("Error") or "Dir" not in answer:
        raise RehearsalError(
            f"The Go module {name} can't be downloaded: {answer.get('Error', '').strip()}",
            "Check the network (modules come from GOPROXY) and try again.",
        )
    if answer.get("Sum") != source.digest:
        raise RehearsalError(
            f"The Go module {name} has the sum {answer.get('Sum')}, not the pinned {source.digest}.",
            "Someone replaced it on the way: check GOPROXY and the module cache before anything else.",
        )
    return Path(answer["Dir"])


def files(go: str, source: Source) -> list[Path]:
    """The source's files.

    Raises:
        RehearsalError: the module can't be had, or a glob finds nothing.
    """
    folder = download(go, source)
    found = [path for glob in source.files for path in sorted(folder.glob(glob))]
    if not found:
        raise RehearsalError(
            f"The Go module {source.module}@{source.version} has no file {source.files}.",
            "Mend its pin (sources.py, for the plane's own): the files moved.",
        )
    return found
