"""`python -m benchmarks`: the embedded engine side by side with kubectl, on the stacks' own objects.

Prints a line a measurement with both times and their ratio, and exits 1 if a ratio misses its bound:
a preview at most 2 times `kubectl diff --server-side` at 200 objects and 1 time at 2,000, a first
update at most 0.3 times `kubectl apply --server-side` (issue "the loop").
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.objects import rendered, repeated
from benchmarks.race import Race
from rehearsal.control_plane import ControlPlane
from rehearsal.project import Project

BOUNDS = {"first up": {200: 0.3, 2000: 0.3}, "preview": {200: 2.0, 2000: 1.0}}


def main() -> int:
    """Run all measurements; returns the exit code."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[200, 2000], metavar="N")
    sizes: list[int] = options.parse_args().sizes
    project = Project.find(Path.cwd())
    missed = False
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        plane = ControlPlane(Path(folder) / "plane")
        try:
            plane.start(print)
            objects = rendered(project, plane.binary("helm"))
            print(f"{len(objects)} objects in the environment's stacks, repeated")
            for size in sizes:
                race = Race(plane=plane, folder=Path(folder), size=size)
                for name, ours, theirs, what in race.run(*repeated(objects, size, f"b{size}x")):
                    bound = BOUNDS.get(name, {}).get(size)
                    late = bound is not None and ours / theirs > bound
                    missed = missed or late
                    verdict = "" if bound is None else f" (at most {bound}{', MISSED' if late else ''})"
                    times = f"{ours:.2f} s, {what} {theirs:.2f} s, ratio {ours / theirs:.2f}"
                    print(f"{size:>5} objects, {name}: {times}{verdict}", flush=True)
        finally:
            plane.stop(wipe=True)
    return 1 if missed else 0


sys.exit(main())
