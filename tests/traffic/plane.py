"""Start a control plane for real traffic: `python -m tests.traffic.plane HOME POD_CIDR`."""

from __future__ import annotations

import sys
from pathlib import Path

from rehearsal.control_plane import ControlPlane, Options


def main() -> None:
    """Start it with the pods' addresses in the test's range, and without KWOK's pretence of a gateway controller."""
    home, pod_cidr = sys.argv[1:]
    ControlPlane(Path(home), Options(pod_cidr=pod_cidr, real=frozenset({"gateway-api"}))).start(print)


if __name__ == "__main__":
    main()
