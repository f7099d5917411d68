"""The environment as a person runs it: `python -m rehearsal` in the project, and questions to the cluster beside it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias, cast

from rehearsal.control_plane import ControlPlane
from rehearsal.engine.providers.api import Object
from tests.loop.cluster import Cluster
from tests.waiting import eventually

ROOT: Final = Path(__file__).parents[2]
STACKS: Final = ("production", "blue", "green", "traffic")
API: Final = "stratmaster-api"
SLOT_MINIMUM: Final = 3
COMMAND_SECONDS: Final = 600
"""No command here takes a tenth of that on an idle machine; one that hangs fails instead of holding up the run."""

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a command left: its exit code and all that it printed."""

    code: int
    output: str

    @property
    def complaint(self) -> list[str]:
        """Every line from the first error to the summary: what is wrong, and how to mend it."""
        lines = self.output.splitlines()
        first = next((index for index, line in enumerate(lines) if line.strip().startswith("error: ")), len(lines))
        told = lines[first:]
        end = next((index for index, line in enumerate(told) if ": failed, " in line), len(told))
        return [line.strip() for line in told[:end]]

    def well(self) -> Done:
        """Itself, if the command succeeded."""
        assert self.code == 0, self.output
        return self

    def refused(self, *words: str, code: int = 1) -> str:
        """The two lines of a refusal, which name all of these words; nothing else may be wrong."""
        assert self.code == code, self.output
        assert "Traceback" not in self.output, self.output
        assert len(self.complaint) == 2, self.output  # what is wrong; how to mend it
        text = "\n".join(self.complaint)
        for word in words:
            assert word in text, f"no word of {word!r} in:\n{self.output}"
        return text


@dataclass(frozen=True, kw_only=True)
class World:
    """A project, its control plane, and what its cluster says.

    Args:
        project: the folder that commands run in.
        plane: the control plane, whose home also keeps the stacks' states.
        within: a command that runs the rehearsal's commands, in a sandbox for instance.
    """

    project: Path
    plane: ControlPlane
    within: tuple[str, ...] = ()

    @property
    def cluster(self) -> Cluster:
        return Cluster.of(self.plane.kubeconfig)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `python -m rehearsal` in a process group of its own."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return subprocess.Popen(
            [*self.within, sys.executable, "-m", "rehearsal", *arguments],
            cwd=self.project,
            env={**kept, "REHEARSAL_HOME": str(self.plane.home), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **variables: str) -> Done:
        """Run a command to its end."""
        return finished(self.start(*arguments, **variables))

    def up(self, *arguments: str) -> Done:
        return self.run("up", "--engine", "embedded", *arguments)

    def preview(self, *arguments: str) -> Done:
        return self.run("preview", "--engine", "embedded", *arguments)

    def destroy(self, *arguments: str) -> Done:
        return self.run("destroy", "--engine", "embedded", *arguments)

    def weigh(self, *, blue: int, green: int) -> Done:
        """Share the users out, or try to."""
        return self.up(*weights(blue, green))

    @contextlib.contextmanager
    def put_back(self, *stacks: str) -> Generator[None]:
        """Bring these stacks back to their committed files when the body is done, well or not."""
        try:
            yield
        finally:
            self.up("--config-forget", *stacks).well()
            for slot in {"blue", "green"} & set(stacks):
                self.await_ready(slot)

    def copy(self, folder: Path) -> World:
        """The same environment run from a copy of the project, to be edited."""
        left_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "benchmarks", "node_modules")
        shutil.copytree(ROOT, folder, ignore=left_out)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        return replace(self, project=folder)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the one place where a file of the project says `old`."""
        path = self.project / file
        text = path.read_text()
        assert text.count(old) == 1, f"{file} says {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new))

    def deployment(self, slot: str, name: str = API) -> Object:
        """A Deployment of a slot."""
        return self.cluster.get(f"/apis/apps/v1/namespaces/stratmaster-{slot}/deployments/{name}")

    def image(self, slot: str) -> str:
        """The image that the slot's Deployment of the API names."""
        return _text(at(self.deployment(slot), "spec", "template", "spec", "containers", 0, "image"))

    def ready(self, slot: str) -> int:
        """How many pods of the slot's API are ready and of its latest template."""
        status = cast("dict[str, int]", self.deployment(slot).get("status") or {})
        return min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0))

    def await_ready(self, slot: str) -> None:
        """Wait until the slot has its minimum: a fresh Deployment starts with one pod, which the autoscaler lifts."""
        eventually(lambda: self.ready(slot) >= SLOT_MINIMUM, f"{slot} has {SLOT_MINIMUM} ready pods")

    def releases(self, slot: str) -> list[tuple[int, str, str]]:
        """`helm history`: revision, status and description, oldest first."""
        found = self.helm("history", API, "--namespace", f"stratmaster-{slot}")
        return [(int(str(each["revision"])), str(each["status"]), str(each["description"])) for each in found]

    def helm(self, *arguments: str) -> list[dict[str, Json]]:
        """What Helm itself says, as data."""
        return cast("list[dict[str, Json]]", json.loads(self.helm_does(*arguments, "--output", "json")))

    def helm_does(self, *arguments: str) -> str:
        """What Helm itself does, by hand; returns what it says."""
        command = [self.plane.binary("helm"), *arguments, "--kubeconfig", self.plane.kubeconfig]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def backends(self) -> list[tuple[str, str, int]]:
        """Where the users are sent: (namespace, Service, weight) of the route's last rule."""
        route = self.cluster.get(f"{ROUTES}/stratmaster-app")
        found = cast("list[dict[str, str | int]]", at(route, "spec", "rules", -1, "backendRefs"))
        return [
            (str(each.get("namespace", "stratmaster-production")), str(each["name"]), int(each.get("weight", 1)))
            for each in found
        ]


ROUTES: Final = "/apis/gateway.networking.k8s.io/v1/namespaces/stratmaster-production/httproutes"


def weights(blue: int, green: int) -> tuple[str, ...]:
    """Arguments that set traffic's weights."""
    return ("traffic", "--config-path", "-c", f"weights.blue={blue}", "-c", f"weights.green={green}")


def tag(slot: str, value: str) -> tuple[str, ...]:
    """Arguments that give a slot another image."""
    return (slot, "--config-path", "-c", f"image.tag={value}")


def finished(process: subprocess.Popen[str]) -> Done:
    """Wait for a command."""
    output, _ = process.communicate(timeout=COMMAND_SECONDS)
    return Done(code=process.returncode, output=output)


def at(value: object, *path: str | int) -> object:
    """What lies at a path inside an object; None where there is nothing."""
    for step in path:
        if isinstance(step, int) and isinstance(value, Sequence):
            items = cast("Sequence[object]", value)
            value = items[step] if -len(items) <= step < len(items) else None
        else:
            value = cast("Mapping[object, object]", value).get(step) if isinstance(value, Mapping) else None
    return value


def _text(value: object) -> str:
    assert isinstance(value, str), value
    return value
