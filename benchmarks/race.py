"""One size of the race: the same objects by `kubectl` and by the engine, each in whole processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
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
class Race:
    """Runs kubectl and the engine on the same objects of one size.

    Args:
        plane: a running control plane.
        folder: where files may be written.
        size: how many objects; part of the files' names.
    """

    plane: ControlPlane
    folder: Path
    size: int

    def run(self, namespaces: list[str], objects: list[Plain]) -> Iterator[tuple[str, float, float, str]]:
        """Yield (what, our seconds, kubectl's seconds, kubectl's command) for each measurement."""
        theirs = self._manifest("theirs", objects)
        self._namespaces(namespaces, "create")
        apply = self._kubectl("apply", "--server-side", "-f", str(theirs))
        diff = self._kubectl("diff", "--server-side", "-f", str(theirs))
        changed = self._manifest("changed", [_touched(each) for each in objects])
        diff_changed = self._kubectl("diff", "--server-side", "-f", str(changed))
        self._remove(namespaces, theirs)
        project = self._project(objects)
        self._namespaces(namespaces, "create")
        yield "first preview", self._rehearsal(project, "preview"), diff, "kubectl diff --server-side"
        yield "first up", self._rehearsal(project, "up"), apply, "kubectl apply --server-side"
        yield "preview", self._rehearsal(project, "preview"), diff, "kubectl diff --server-side"
        touched = self._rehearsal(project, "preview", "-c", "touched=yes")
        yield "preview of a change to each", touched, diff_changed, "kubectl diff --server-side"
        self._remove(namespaces, theirs)

    def _manifest(self, name: str, objects: list[Plain]) -> Path:
        path = self.folder / f"{name}-{self.size}.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
        return path

    def _project(self, objects: list[Plain]) -> Path:
        project = self.folder / f"project-{self.size}"
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: bench\nruntime: python\n")
        (project / "Pulumi.bench.yaml").write_text("config: {}\n")
        (project / "__main__.py").write_text(_PROGRAM)
        (project / "objects.json").write_text(json.dumps(objects))
        return project

    def _namespaces(self, names: list[str], verb: str) -> None:
        items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names]
        body = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        self._kubectl(verb, "-f", "-", stdin=body)

    def _remove(self, namespaces: list[str], manifest: Path) -> None:
        self._kubectl("delete", "--ignore-not-found", "--wait=true", "-f", str(manifest))
        self._kubectl("delete", "namespace", "--wait=true", *namespaces)

    def _kubectl(self, *arguments: str, stdin: str = "") -> float:
        command = [str(self.plane.binary("kubectl")), "--kubeconfig", str(self.plane.kubeconfig), *arguments]
        started = time.monotonic()
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, check=False)
        # diff exits 1 when there is one.
        if done.returncode > (1 if arguments[0] == "diff" else 0):
            raise RuntimeError(f"kubectl {arguments[0]} failed: {done.stderr[-600:]}")
        return time.monotonic() - started

    def _rehearsal(self, project: Path, command: str, *options: str) -> float:
        environment = {**os.environ, "REHEARSAL_HOME": str(self.plane.home), "PYTHONPATH": str(Path.cwd())}
        arguments = [sys.executable, "-m", "rehearsal", command, "bench", "--engine", "embedded", "-q", *options]
        started = time.monotonic()
        done = subprocess.run(arguments, cwd=project, env=environment, text=True, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"rehearsal {command} failed: {done.stdout[-600:]}{done.stderr[-600:]}")
        return time.monotonic() - started


def _touched(each: Plain) -> Plain:
    touched = cast("Plain", json.loads(json.dumps(each)))
    cast("Plain", cast("Plain", touched["metadata"])["annotations"])["touched"] = "yes"
    return touched
