"""Programs that only tests need, built once from Go modules that are pinned beside the tests."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from rehearsal.control_plane import binaries, golang
from rehearsal.control_plane.lock import locked
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PATIENCE_SECONDS = 1800.0
REPORT_SECONDS = 10.0
LAST_LINES = 12


@dataclass(frozen=True, kw_only=True)
class GoProgram:
    """A program to build.

    Args:
        name: of the binary, and of its folder in the cache.
        folder: of the Go module (go.mod, go.sum) that pins it.
        package: what to build in it.
        flags: for the linker, besides those that leave out symbols.
        tags: what to build in or leave out, as `go build -tags` takes it.
        files: to take along from Go modules that it is made of: name here -> (module, path there).
    """

    name: str
    folder: Path
    package: str
    flags: str = ""
    tags: str = field(default="", repr=False)  # not part of the key while empty: what is built stays built
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def provide(self, report: Callable[[str], None]) -> Path:
        """The folder that holds the program and its files, built now where this machine has never built them.

        Args:
            report: gets a line every ten seconds of a build.

        Raises:
            RehearsalError: no Go, a failed download or a failed build.
        """
        cache = binaries.cache()
        target = cache / f"{self.name}-{self._key()}"
        if target.exists():
            return target
        # The control plane's own lock: two builds at once would take each other's cores and memory.
        with locked(cache / "build.lock", report=report, patience_seconds=PATIENCE_SECONDS):
            if not target.exists():
                self._make(target, cache, report)
        return target

    def _key(self) -> str:
        digest = hashlib.sha256(repr((self, platform.system(), platform.machine())).encode())
        digest.update(self.tags.encode())
        for path in sorted(self.folder.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:16]

    def _make(self, target: Path, cache: Path, report: Callable[[str], None]) -> None:
        go = golang.provide(golang.required(self.folder / "go.mod"), cache, report)
        fresh = target.with_name(f"{target.name}.building")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        try:
            self._compile(go, fresh / self.name, report)
            for name, (module, path) in self.files.items():
                shutil.copyfile(f"{self._module(go, module)}/{path}", fresh / name)
            fresh.rename(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _compile(self, go: str, binary: Path, report: Callable[[str], None]) -> None:
        flags = ["-v", "-trimpath", f"-ldflags=-s -w {self.flags}", *([f"-tags={self.tags}"] if self.tags else [])]
        command = [go, "build", *flags, "-o", str(binary), self.package]
        with subprocess.Popen(
            command, cwd=self.folder, env=golang.environment(), stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            tail = self._follow(process.stderr, report)
        if process.returncode:
            raise RehearsalError(
                f"Building {self.name} failed:\n{tail}",
                "Check the network (modules come from GOPROXY) and try again: what is compiled already is kept.",
            )

    def _follow(self, lines: IO[str], report: Callable[[str], None]) -> str:
        """Read `go build -v`, which names each package it compiles, and return its last lines."""
        tail: deque[str] = deque(maxlen=LAST_LINES)
        started = told = time.monotonic()
        for count, line in enumerate(lines, 1):
            tail.append(line.rstrip())
            if time.monotonic() - told > REPORT_SECONDS:
                told = time.monotonic()
                report(f"building {self.name}, once: {count} packages, {told - started:.0f} s")
        return "\n".join(tail)

    def _module(self, go: str, module: str) -> str:
        """The folder of a module's sources."""
        command = [go, "list", "-m", "-f", "{{.Dir}}", module]
        return subprocess.run(
            command, cwd=self.folder, env=golang.environment(), check=True, capture_output=True, text=True
        ).stdout.strip()
