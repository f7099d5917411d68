"""The same objects by `kubectl` and by the engine, each in whole processes, on a control plane of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from benchmarks.objects import Plain
from rehearsal.control_plane import ControlPlane

_PROGRAM: Final = """\
import json
import pulumi
import pulumi_kubernetes as kubernetes

cluster = kubernetes.Provider(
    "cluster", context="stratmaster", enable_config_map_mutable=True, enable_secret_mutable=True
)
touched = pulumi.Config().get("touched")
for index, each in enumerate(json.load(open("objects.json"))):
    if touched:
        each["metadata"]["annotations"]["touched"] = touched
    type_ = f"kubernetes:{each['apiVersion']}:{each['kind']}"
    pulumi.CustomResource(type_, f"object-{index}", each, pulumi.ResourceOptions(provider=cluster))
"""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Objects to bring up, and the namespaces they stand in."""

    name: str
    namespaces: Sequence[str]
    objects: Sequence[Plain]


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """Brings objects up on a control plane that has just started and that nobody else uses.

    Args:
        plane: a running control plane.
        folder: where files may be written.
    """

    plane: ControlPlane
    folder: Path

    def kubectl(self, first: Work, second: Work) -> Iterator[tuple[str, float]]:
        """Yield (what, seconds) for each measurement: `first` finds the server and kubectl's cache as new."""
        self._namespaces(first)
        yield "first up on a new server", self._kubectl("apply", "--server-side", "-f", self._manifest(first))
        self._namespaces(second)
        manifest = self._manifest(second)
        yield "first preview", self._kubectl("diff", "--server-side", "-f", manifest)
        yield "first up", self._kubectl("apply", "--server-side", "-f", manifest)
        yield "preview", self._kubectl("diff", "--server-side", "-f", manifest)
        touched = [_touched(each) for each in second.objects]
        manifest = self._manifest(Work(name=f"{second.name}-touched", namespaces=(), objects=touched))
        yield "preview of a change to each", self._kubectl("diff", "--server-side", "-f", manifest)

    def engine(self, first: Work, second: Work) -> Iterator[tuple[str, float]]:
        """Yield the same measurements of the engine."""
        self._namespaces(first)
        yield "first up on a new server", self._rehearsal(self._project(first), "up")
        self._namespaces(second)
        project = self._project(second)
        yield "first preview", self._rehearsal(project, "preview")
        yield "first up", self._rehearsal(project, "up")
        yield "preview", self._rehearsal(project, "preview")
        yield "preview of a change to each", self._rehearsal(project, "preview", "-c", "touched=yes")

    def _manifest(self, work: Work) -> str:
        path = self.folder / f"{work.name}.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": work.objects}))
        return str(path)

    def _project(self, work: Work) -> Path:
        project = self.folder / work.name
        project.mkdir()
        (project / "Pulumi.yaml").write_text(f"name: {work.name}\nruntime: python\n")
        (project / f"Pulumi.{work.name}.yaml").write_text("config: {}\n")
        (project / "__main__.py").write_text(_PROGRAM)
        (project / "objects.json").write_text(json.dumps(work.objects))
        return project

    def _namespaces(self, work: Work) -> None:
        items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in work.namespaces]
        body = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        # Without validation the server has no schema to make: it is as new afterwards as before.
        self._kubectl("create", "--validate=false", "-f", "-", stdin=body)

    def _kubectl(self, *arguments: str, stdin: str = "") -> float:
        cache = f"--cache-dir={self.folder / 'cache'}"
        binary = str(self.plane.binary("kubectl"))
        command = [binary, "--kubeconfig", str(self.plane.kubeconfig), cache, *arguments]
        started = time.monotonic()
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, check=False)
        # diff exits 1 when there is one.
        if done.returncode > (1 if arguments[0] == "diff" else 0):
            raise RuntimeError(f"kubectl {arguments[0]} failed: {done.stderr[-600:]}")
        return time.monotonic() - started

    def _rehearsal(self, project: Path, command: str, *options: str) -> float:
        environment = {**os.environ, "REHEARSAL_HOME": str(self.plane.home), "PYTHONPATH": str(Path.cwd())}
        arguments = [sys.executable, "-m", "rehearsal", command, project.name, "--engine", "embedded", "-q", *options]
        started = time.monotonic()
        done = subprocess.run(arguments, cwd=project, env=environment, text=True, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"rehearsal {command} failed: {done.stdout[-600:]}{done.stderr[-600:]}")
        return time.monotonic() - started


def _touched(each: Plain) -> Plain:
    touched = cast("Plain", json.loads(json.dumps(each)))
    cast("Plain", cast("Plain", touched["metadata"])["annotations"])["touched"] = "yes"
    return touched
