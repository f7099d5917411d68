"""The pods by which Kubernetes shows what each Pod Security level lets through.

They are read from the Go module that the rehearsal's API server is built of, at the version and hash its go.sum names.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

import yaml

from rehearsal.control_plane import binaries, golang
from rehearsal.engine.wire import Properties, Value

MODULE: Final = "k8s.io/pod-security-admission"
VERSION: Final = "v0.37.2"
LEVEL_VERSION: Final = "v1.37"
_TOOLS: Final = Path(golang.__file__).parents[1] / "tools"

Level: TypeAlias = Literal["baseline", "restricted"]
LEVELS: Final[tuple[Level, ...]] = ("baseline", "restricted")


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """A pod, and whether a level lets it through."""

    level: Level
    passes: bool
    name: str
    pod: Properties

    def __str__(self) -> str:
        return f"{self.level}/{'pass' if self.passes else 'fail'}/{self.name}"

    @property
    def spec(self) -> Properties:
        return cast("Properties", self.pod["spec"])

    @property
    def annotations(self) -> Value:
        """Its annotations, where AppArmor's old settings are."""
        return cast("Properties", self.pod["metadata"]).get("annotations")

    def containers(self, key: str) -> list[Properties]:
        """Its containers of one list."""
        return cast("list[Properties]", self.spec.get(key) or [])


def fixtures() -> tuple[Fixture, ...]:
    """All of both levels, those that pass first."""
    folder = _module() / "test" / "testdata"
    return tuple(_read(folder))


def _read(folder: Path) -> Iterator[Fixture]:
    for level in LEVELS:
        for outcome in ("pass", "fail"):
            for path in sorted((folder / level / LEVEL_VERSION / outcome).glob("*.yaml")):
                pod = cast("Properties", yaml.safe_load(path.read_bytes()))
                yield Fixture(level=level, passes=outcome == "pass", name=path.stem, pod=pod)


def _module() -> Path:
    """The folder of the module's sources, fetched now where this machine has never had them."""
    go = golang.provide(golang.required(_TOOLS / "go.mod"), binaries.cache(), print)
    command = [go, "mod", "download", "-json", MODULE]
    done = subprocess.run(command, cwd=_TOOLS, env=golang.environment(), check=True, capture_output=True, text=True)
    module = cast("dict[str, str]", json.loads(done.stdout))
    assert module["Version"] == VERSION
    return Path(module["Dir"])
