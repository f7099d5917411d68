"""`python -m benchmarks.preview`: what the policy pack adds to a preview of all stacks.

Two copies of this project, one of them without `policies/`, look at the same running environment in turns, in whole
processes. Prints the medians and their ratio, and exits 1 if the pack adds more than 15 % (issue "a policy pack").
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Final

from rehearsal.control_plane import ControlPlane

BOUND: Final = 1.15
ROUNDS: Final = 7
_KEPT_OUT: Final = (".*", "__pycache__", "tests")


def main() -> int:
    """Measure; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        place = Path(scratch)
        packs = {"with the pack": place / "with", "without": place / "without"}
        for project in packs.values():
            shutil.copytree(Path.cwd(), project, ignore=shutil.ignore_patterns(*_KEPT_OUT))
        shutil.rmtree(packs["without"] / "policies")
        environment = {**os.environ, "REHEARSAL_HOME": str(place / "home")}
        try:
            _rehearse("up", packs["without"], environment)
            times: dict[str, list[float]] = {name: [] for name in packs}
            for _ in range(ROUNDS):
                for name, project in packs.items():
                    times[name].append(_rehearse("preview", project, environment))
        finally:
            ControlPlane(place / "home").stop(wipe=True)
    judged, plain = (median(times[name]) for name in packs)
    late = judged / plain > BOUND
    print(
        f"preview of all stacks: {judged:.2f} s with the pack, {plain:.2f} s without, "
        f"ratio {judged / plain:.2f} (at most {BOUND}{', MISSED' if late else ''})"
    )
    return 1 if late else 0


def _rehearse(command: str, project: Path, environment: Mapping[str, str]) -> float:
    """The seconds that one command takes."""
    started = time.monotonic()
    arguments = [sys.executable, "-m", "rehearsal", command]
    subprocess.run(arguments, cwd=project, env=dict(environment), stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
