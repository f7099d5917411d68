"""`python -m benchmarks`: the embedded engine side by side with kubectl, on the stacks' own objects.

Prints a line a measurement with both times and their ratio, and exits 1 if a ratio misses its bound:
a preview at most 2 times `kubectl diff --server-side` at 200 objects and 1 time at 2,000, a first
update at most 0.3 times `kubectl apply --server-side` (issue "the loop"). docs/benchmarks.md says what
is measured how, and which of the bounds is out of reach.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from benchmarks.objects import Plain, rendered, repeated
from benchmarks.race import Contestant, Work
from rehearsal.control_plane import ControlPlane
from rehearsal.project import Project

BOUNDS = {"first up": {200: 0.3, 2000: 0.3}, "preview": {200: 2.0, 2000: 1.0}}


@contextlib.contextmanager
def _started(report: Callable[[str], None] = lambda _line: None) -> Generator[Contestant]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        plane = ControlPlane(Path(folder) / "plane")
        try:
            plane.start(report)
            yield Contestant(plane=plane, folder=Path(folder))
        finally:
            plane.stop(wipe=True)


def _race(objects: list[Plain], size: int) -> Iterator[tuple[str, float, float]]:
    """Yield (what, our seconds, kubectl's) for each measurement, made one right after the other."""
    works = [
        Work(name=mark, namespaces=names, objects=copies)
        for mark in (f"new-{size}", f"bench-{size}")
        for names, copies in [repeated(objects, size, f"{mark}x")]
    ]
    for (name, ours), (_, theirs) in zip(_by_engine(*works), _by_kubectl(*works), strict=True):
        yield name, ours, theirs


def _by_engine(*works: Work) -> Iterator[tuple[str, float]]:
    with _started() as contestant:
        yield from contestant.engine(*works)


def _by_kubectl(*works: Work) -> Iterator[tuple[str, float]]:
    with _started() as contestant:
        yield from contestant.kubectl(*works)


def main() -> int:
    """Run all measurements; returns the exit code."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[200, 2000], metavar="N")
    sizes: list[int] = options.parse_args().sizes
    with _started(print) as contestant:  # builds the plane too, where there is none yet
        objects = rendered(Project.find(Path.cwd()), contestant.plane.binary("helm"))
    print(f"{len(objects)} objects in the environment's stacks, repeated; {os.cpu_count()} cores")
    missed = False
    for size in sizes:
        for name, ours, theirs in _race(objects, size):
            bound = BOUNDS.get(name, {}).get(size)
            late = bound is not None and ours / theirs > bound
            missed = missed or late
            verdict = "" if bound is None else f" (at most {bound}{', MISSED' if late else ''})"
            what = "diff" if "preview" in name else "apply"
            times = f"{ours:.2f} s, kubectl {what} --server-side {theirs:.2f} s, ratio {ours / theirs:.2f}"
            print(f"{size:>5} objects, {name}: {times}{verdict}", flush=True)
    return 1 if missed else 0


sys.exit(main())
