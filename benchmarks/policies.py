"""`python -m benchmarks.policies`: the policy pack side by side with Checkov and kube-score, on the same manifests.

The manifests are the stacks' own rendered objects, then their Deployments, repeated in other namespaces. All three are
whole processes that read the same folder, in turns, and ask all that they ask by default; throughput leaves out what
each needs for a folder with one object. Prints a line a measurement, and exits 1 if a bound is missed: 20 times
Checkov's throughput, kube-score's, and time that grows linearly to 5,000 objects (issue "a policy pack").
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from benchmarks.objects import Plain, rendered, repeated
from rehearsal.control_plane import ControlPlane
from rehearsal.project import Project
from scans.programs import CHECKOV
from tests.go_program import GoProgram

KUBE_SCORE: Final = GoProgram(
    name="kube-score",
    folder=Path(__file__).with_name("kube_score"),
    package="github.com/zegl/kube-score/cmd/kube-score",
)
CHECKOV_BOUND, KUBE_SCORE_BOUND, LINEAR_BOUND, ROUNDS = 20.0, 1.0, 1.25, 3
OBJECTS, MANY = 1000, 5000


@dataclass(frozen=True, kw_only=True, eq=False)
class Scanner:
    """A program that judges a folder of manifests."""

    name: str
    command: Sequence[str]

    def seconds(self, folder: Path) -> float:
        """The time of one run over a folder; whatever it finds there."""
        command = [*self.command, str(folder)] if self.name != "kube-score" else [*self.command, *_files(folder)]
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"{self.name} failed: {done.stderr.decode()[-600:]}")
        return time.monotonic() - started


@dataclass(frozen=True, kw_only=True)
class Folders:
    """The same kinds of objects, in three sizes."""

    one: Path
    thousand: Path
    many: Path

    @classmethod
    def made(cls, scratch: Path, objects: list[Plain]) -> Folders:
        """Folders of `objects`, whole stacks of them in namespaces of their own, below `scratch`."""
        folders = {count: scratch / str(count) for count in (1, OBJECTS, MANY)}
        for count, folder in folders.items():
            folder.mkdir(parents=True)
            _, copies = repeated(objects, count, "b")
            for index, each in enumerate(copies):
                (folder / f"{index:05}.yaml").write_text(yaml.dump(each, Dumper=yaml.CSafeDumper), encoding="utf-8")
        return cls(one=folders[1], thousand=folders[OBJECTS], many=folders[MANY])


def main() -> int:
    """Run all measurements; returns the exit code."""
    missed = False
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        plane = ControlPlane(Path(scratch) / "plane")
        objects = rendered(Project.find(Path.cwd()), plane.binary("helm"))
        running = [each for each in objects if each["kind"] == "Deployment"]
        for name, own in (("all objects", objects), ("Deployments", running)):
            for line, kept in _race(Folders.made(Path(scratch) / name.replace(" ", "-"), own)):
                print(f"{name}: {line}{'' if kept else ', MISSED'}", flush=True)
                missed = missed or not kept
    return 1 if missed else 0


def _race(folders: Folders) -> Iterator[tuple[str, bool]]:
    pack = Scanner(name="the pack", command=[sys.executable, "-m", "policies.check"])
    checkov = [
        str(CHECKOV.provide(print)),
        "--framework",
        "kubernetes",
        "--skip-download",
        "--quiet",
        "--compact",
        "-d",
    ]
    kube_score = [str(KUBE_SCORE.provide(print) / "kube-score"), "score"]
    others = {
        Scanner(name="Checkov", command=checkov): CHECKOV_BOUND,
        Scanner(name="kube-score", command=kube_score): KUBE_SCORE_BOUND,
    }
    one, thousand = (_best([pack, *others], folder) for folder in (folders.one, folders.thousand))
    rates = {scanner: (OBJECTS - 1) / max(thousand[scanner] - one[scanner], 1e-3) for scanner in one}
    for other, bound in others.items():
        own, theirs = rates[pack], rates[other]
        said = f"the pack {own:.0f} objects/s, {other.name} {theirs:.0f} objects/s, ratio {own / theirs:.1f}"
        yield f"{said} (at least {bound:.0f})", own / theirs >= bound
    growth = _best([pack], folders.many)[pack] / thousand[pack] / (MANY / OBJECTS)
    yield (
        f"{MANY} objects take {growth:.2f} times their share of {OBJECTS} (at most {LINEAR_BOUND})",
        growth <= LINEAR_BOUND,
    )


def _best(scanners: Sequence[Scanner], folder: Path) -> dict[Scanner, float]:
    """The best time of each over a folder; round by round, so that what else the machine does hits all of them."""
    rounds = [{scanner: scanner.seconds(folder) for scanner in scanners} for _ in range(ROUNDS)]
    return {scanner: min(times[scanner] for times in rounds) for scanner in scanners}


def _files(folder: Path) -> list[str]:
    return [str(file) for file in sorted(folder.iterdir())]


if __name__ == "__main__":
    sys.exit(main())
