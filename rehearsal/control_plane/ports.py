"""The plane's ports on 127.0.0.1: chosen once, remembered, and changed only when another program took one."""

from __future__ import annotations

import json
import random
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below what Linux (32768) and macOS (49152) give to outgoing connections: one of those could otherwise
# hold the plane's port at the moment of a restart.
CANDIDATES = range(20_000, 32_000)
ATTEMPTS = 200


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports of the servers that listen; the others open none."""

    apiserver: int
    etcd: int
    etcd_peer: int
    sealing: int
    tunnel: int

    @property
    def server(self) -> str:
        """The API server's URL, as it stands in a kubeconfig."""
        return f"https://{LOOPBACK}:{self.apiserver}"


def free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As the servers do: a connection of the last run in TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose(candidates: range = CANDIDATES) -> Ports:
    """Pick free ports.

    Raises:
        RehearsalError: fewer of the tried ones are free than there are servers.
    """
    found: list[int] = []
    for port in random.sample(candidates, min(ATTEMPTS, len(candidates))):
        if free(port):
            found.append(port)
        if len(found) == len(Ports.__dataclass_fields__):
            return Ports(**dict(zip(Ports.__dataclass_fields__, found, strict=True)))
    raise RehearsalError(
        f"No free port for the control plane on {LOOPBACK} between {candidates.start} and {candidates.stop - 1}.",
        "Stop programs that listen there (`ss -ltn` lists them) and start again.",
    )


def remembered(path: Path) -> Ports | None:
    """The ports of the last start, or None where there was none (or its file is unreadable)."""
    try:
        found = cast("dict[str, int]", json.loads(path.read_text()))
        return Ports(**{name: int(found[name]) for name in Ports.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(path: Path, ports: Ports) -> None:
    """Keep the ports for the next start."""
    path.write_text(json.dumps(asdict(ports)) + "\n")
