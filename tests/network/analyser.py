"""Asks Cyclonus which connections a set of policies lets through. Built once, from the pinned module in `tools/`."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from rehearsal.control_plane import binaries, golang
from rehearsal.control_plane.lock import locked

if TYPE_CHECKING:
    from tests.network.cast_of import Party
    from tests.network.declaring import Object

TOOLS = Path(__file__).parent / "tools"
PATIENCE_SECONDS = 600.0


class CannotBuildError(Exception):
    """The analyser can't be built here."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An attempt to connect.

    Args:
        source: who tries.
        destination: to whom.
        port: on which port of it.
        protocol: TCP or UDP.
    """

    source: Party
    destination: Party
    port: int
    protocol: str = "TCP"

    def __str__(self) -> str:
        return f"{self.source.name} -> {self.destination.name}:{self.port}/{self.protocol}"


Verdict: TypeAlias = tuple[bool, bool]
"""Whether the destination's ingress, and the source's egress, let it through."""


def build() -> Path:
    """The analyser's binary, from the cache that all checkouts share.

    Raises:
        CannotBuildError: saying how to get what is missing.
    """
    digest = hashlib.sha256()
    for path in sorted(TOOLS.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    binary = binaries.cache() / f"policy-verdicts-{digest.hexdigest()[:16]}"
    if binary.exists():
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    with locked(binary.parent / "policy-verdicts.lock", report=_say_nothing, patience_seconds=PATIENCE_SECONDS):
        if not binary.exists():
            _compile(binary)
    return binary


def _compile(binary: Path) -> None:
    go = golang.provide(golang.required(TOOLS / "go.mod"), binaries.cache(), _say_nothing)
    fresh = binary.with_suffix(".building")
    done = subprocess.run(
        [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(fresh), "."],
        cwd=TOOLS,
        env=golang.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotBuildError(f"{done.stderr.strip()}\nTry: cd {TOOLS} && go build . (it needs a Go module proxy)")
    fresh.rename(binary)


def _say_nothing(_: str) -> None:
    """Build without a word; pytest shows none anyway."""


def judge(binary: Path, policies: Sequence[Object], connections: Sequence[Connection]) -> list[Verdict]:
    """Cyclonus's verdict on each connection."""
    question = {
        "policies": list(policies),
        "traffic": [
            {
                "source": _end(each.source),
                "destination": _end(each.destination),
                "port": each.port,
                "protocol": each.protocol,
            }
            for each in connections
        ],
    }
    done = subprocess.run([binary], input=json.dumps(question), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [(verdict["ingress"], verdict["egress"]) for verdict in json.loads(done.stdout)]


def _end(party: Party) -> dict[str, object]:
    return {
        "ip": party.address,
        "namespace": party.namespace,
        "namespaceLabels": party.namespace_labels,
        "podLabels": dict(party.labels),
    }
