"""kubectl on the shared control plane, and a namespace for each test."""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rehearsal.control_plane import ControlPlane


class Cluster:
    """The control plane as a test sees it: real kubectl, in a namespace of the test's own."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane, self.namespace = plane, namespace
        self._kubectl = plane.binary("kubectl")

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl; fails the test with its message."""
        done = subprocess.run(
            [str(self._kubectl), "--namespace", self.namespace, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "KUBECONFIG": str(self.plane.kubeconfig)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *documents: dict[str, Any]) -> None:
        """Apply objects."""
        self.run("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))

    def get(self, *what: str) -> dict[str, Any]:
        """Objects as JSON."""
        return json.loads(self.run("get", *what, "--output=json"))

    def until(self, true: Callable[[dict[str, Any]], bool], *what: str, seconds: float = 20.0) -> dict[str, Any]:
        """Read again and again until it is so; fails with the last object when it never is."""
        deadline = time.monotonic() + seconds
        while not true(found := self.get(*what)):
            assert time.monotonic() < deadline, json.dumps(found.get("status", found), indent=1)
            time.sleep(0.1)
        return found


@pytest.fixture
def cluster(control_plane: ControlPlane) -> Iterator[Cluster]:
    """The shared plane with a fresh namespace, which goes with the test."""
    cluster = Cluster(control_plane, f"test-{uuid.uuid4().hex[:8]}")
    cluster.run("create", "namespace", cluster.namespace)
    yield cluster
    cluster.run("delete", "namespace", cluster.namespace, "--wait=false")


def condition(found: dict[str, Any], name: str) -> str | None:
    """The status of an object's condition."""
    conditions = found.get("status", {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == name), None)
