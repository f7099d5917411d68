"""The chart on a real API server: installed by the real Helm, looked at through the real kubectl."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from tests.helm.rendering import CHART, RELEASE, Json, Manifest, Step, changed, mappings, production_values
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable

ROUTER = "router-mcp"
RESTRICTED = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
}
READ_SECRETS = {"postgres-credentials": "postgres-url", "external-api-keys": "openai-api-key"}


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A namespace as the program makes it, for one release.

    Args:
        namespace: its name.
        helm: the binary.
        kubectl: the binary.
        kubeconfig: the administrator's.
    """

    namespace: str
    helm: Path
    kubectl: Path
    kubeconfig: Path

    def create(self) -> None:
        """Make the namespace, which enforces `restricted`, with the ServiceAccount and the Secrets that pods read."""
        objects: list[Json] = [
            {"kind": "Namespace", "metadata": {"name": self.namespace, "labels": cast("Json", RESTRICTED)}},
            {"kind": "ServiceAccount", "metadata": {"name": RELEASE, "namespace": self.namespace}},
        ]
        for name, key in READ_SECRETS.items():
            metadata: Json = {"name": name, "namespace": self.namespace}
            objects.append({"kind": "Secret", "metadata": metadata, "stringData": {key: "x"}})
        done = self.apply(yaml.safe_dump_all({"apiVersion": "v1", **cast("dict[str, Json]", body)} for body in objects))
        assert done.returncode == 0, done.stderr

    def delete(self) -> None:
        """Take the namespace away, without waiting for it."""
        self._kubectl("delete", "namespace", self.namespace, "--wait=false").check_returncode()

    def apply(self, manifest: str, *options: str) -> subprocess.CompletedProcess[str]:
        """`kubectl apply --server-side` of some YAML."""
        return self._kubectl("apply", "--server-side", "--filename=-", *options, stdin=manifest)

    def upgrade(self, values: dict[str, Json], *, seconds: int = 60) -> subprocess.CompletedProcess[str]:
        """Install or upgrade the release as the program does: atomic and awaited."""
        command = [self.helm, "upgrade", "--install", RELEASE, CHART, "--namespace", self.namespace, "--values=-"]
        return self._run([*command, "--atomic", "--wait", f"--timeout={seconds}s"], json.dumps(values))

    def install(self, values: dict[str, Json]) -> None:
        """The same, where it has to succeed."""
        done = self.upgrade(values)
        assert done.returncode == 0, done.stderr

    def scale(self, replicas: int) -> None:
        """Choose a number of API pods, as the autoscaler does."""
        self._kubectl("scale", f"deployment/{RELEASE}", f"--replicas={replicas}").check_returncode()
        eventually(lambda: self.ready() == replicas, f"{replicas} ready pods")

    def evict(self, pod: str) -> subprocess.CompletedProcess[str]:
        """Ask for a pod's eviction, as a drain of its node does."""
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/eviction"
        return self._kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(eviction))

    def deployment(self, name: str = RELEASE) -> Manifest:
        """A Deployment as it stands."""
        return Manifest(self._get(f"deployment/{name}"))

    def ready(self, name: str = RELEASE) -> int:
        """How many pods of a Deployment are ready, once its latest change has been seen; -1 before."""
        deployment = self.deployment(name)
        if deployment.at("metadata", "generation") != deployment.mapped("status").get("observedGeneration"):
            return -1
        return cast("int", deployment.mapped("status").get("readyReplicas", 0))

    def items(self, kind: str, *options: str) -> list[Manifest]:
        """All objects of a kind."""
        return [Manifest(item) for item in cast("list[Json]", Manifest(self._get(kind, *options)).at("items"))]

    def pods(self, name: str = RELEASE) -> set[str]:
        """The names of a workload's pods that aren't on their way out."""
        pods = self.items("pods", f"--selector=app.kubernetes.io/name={name}")
        return {
            cast("str", pod.at("metadata", "name")) for pod in pods if "deletionTimestamp" not in pod.mapped("metadata")
        }

    def addresses(self, name: str = RELEASE) -> set[str]:
        """Where a Service leads: address and port of each endpoint that is ready."""
        slices = self.items("endpointslices", f"--selector=kubernetes.io/service-name={name}")
        return set(_addresses(slices))

    def disruptions_allowed(self) -> int:
        """How many of the API's pods a drain may take right now."""
        budget = Manifest(self._get(f"poddisruptionbudget/{RELEASE}"))
        return cast("int", budget.mapped("status").get("disruptionsAllowed", 0))

    def revision(self) -> int:
        """The release's revision."""
        done = self._run([self.helm, "status", RELEASE, "--namespace", self.namespace, "--output=json"])
        return cast("int", json.loads(done.stdout)["version"])

    def _get(self, what: str, *options: str) -> Json:
        done = self._kubectl("get", what, "--output=json", *options)
        assert done.returncode == 0, done.stderr
        return cast("Json", json.loads(done.stdout))

    def _kubectl(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return self._run([self.kubectl, "--namespace", self.namespace, *arguments], stdin)

    def _run(self, command: list[str | Path], stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig)}
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=environment)


def _addresses(slices: Iterable[Manifest]) -> Iterable[str]:
    for each in slices:
        ports = cast("list[dict[str, Json]]", each.at("ports") or [])
        for endpoint in cast("list[dict[str, Json]]", each.at("endpoints") or []):
            if cast("dict[str, Json]", endpoint["conditions"]).get("ready"):
                address = cast("list[str]", endpoint["addresses"])[0]
                yield from (f"{address}:{port['port']}" for port in ports)


def small(*changes: tuple[tuple[Step, ...], Json]) -> dict[str, Json]:
    """Production's values with the API and router-mcp alone, which is quicker than all six, and some changes."""
    values = production_values()
    [router] = (service for service in mappings(cast("list[Json]", values["mcpServices"])) if service["name"] == ROUTER)
    values["mcpServices"] = [router]
    for path, new in changes:
        values = changed(values, path, to=new)
    return values
