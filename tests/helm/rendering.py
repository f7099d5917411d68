"""The chart, rendered by the real Helm into objects that a test can ask."""

from __future__ import annotations

import copy
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import yaml

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Step: TypeAlias = "str | int"

CHART = Path(__file__).parents[2] / "helm" / "stratmaster-api"
RELEASE = "stratmaster-api"
NAMESPACE = "stratmaster-blue"
DIGEST = "sha256:" + "a1" * 32
MCP_PORTS = {
    "research-mcp": 8081,
    "knowledge-mcp": 8082,
    "router-mcp": 8083,
    "evals-mcp": 8084,
    "compression-mcp": 8085,
}
WORKLOADS = (RELEASE, *MCP_PORTS)
TMP = "/tmp"  # noqa: S108 - a folder of the pod's, not of this machine


def at(value: Json, *path: Step) -> Json:
    """What stands at a path inside a value; a missing step raises KeyError or IndexError."""
    for step in path:
        value = cast("list[Json]", value)[step] if isinstance(step, int) else cast("dict[str, Json]", value)[step]
    return value


def changed(values: dict[str, Json], path: tuple[Step, ...], *, to: Json) -> dict[str, Json]:
    """A copy of the values in which the path, whose last step may be new, leads to another value."""
    result = copy.deepcopy(values)
    *parents, last = path
    holder = at(result, *parents)
    if isinstance(last, int):
        cast("list[Json]", holder)[last] = to
    else:
        cast("dict[str, Json]", holder)[last] = to
    return result


def mappings(values: list[Json]) -> list[dict[str, Json]]:
    """The same list, known to hold objects only."""
    return cast("list[dict[str, Json]]", values)


def default_values() -> dict[str, Json]:
    """The chart's own values, as they are committed."""
    return cast("dict[str, Json]", yaml.safe_load((CHART / "values.yaml").read_text()))


def production_values() -> dict[str, Json]:
    """Values with every key that the schema knows, as a production slot would have them."""
    values = default_values()
    image = {"tag": "v1.2.3", "digest": DIGEST}
    cast("dict[str, Json]", values["image"]).update(image)
    for service in cast("list[dict[str, Json]]", values["mcpServices"]):
        cast("dict[str, Json]", service["image"]).update(image)
        service["secretEnv"] = {"EXAMPLE_KEY": {"name": "external-api-keys", "key": "openai-api-key"}}
    values["imagePullSecret"] = "ghcr-secret"
    values["secretEnv"] = {"DATABASE_URL": {"name": "postgres-credentials", "key": "postgres-url"}}
    values["secretsChecksum"] = "1"
    values["chartDigest"] = "sha256:" + "0" * 64
    return values


@dataclass(frozen=True)
class Manifest:
    """One rendered object.

    Args:
        body: the whole object.
    """

    body: Json

    def at(self, *path: Step) -> Json:
        return at(self.body, *path)

    def listed(self, *path: Step) -> list[Json]:
        return cast("list[Json]", self.at(*path))

    def mapped(self, *path: Step) -> dict[str, Json]:
        return cast("dict[str, Json]", self.at(*path))

    @property
    def pod(self) -> Manifest:
        """The pod template of a Deployment."""
        return Manifest(self.at("spec", "template"))

    @property
    def container(self) -> Manifest:
        """The one container of a Deployment."""
        [container] = self.listed("spec", "template", "spec", "containers")
        return Manifest(container)

    @property
    def environment(self) -> dict[str, Json]:
        """The container's literal variables."""
        entries = cast("list[dict[str, Json]]", self.container.listed("env"))
        return {cast("str", entry["name"]): entry["value"] for entry in entries if "value" in entry}


class Rendered:
    """All objects of a rendering, by kind and name."""

    def __init__(self, text: str) -> None:
        bodies = [cast("Json", body) for body in yaml.safe_load_all(text) if body]
        self.objects = {
            (cast("str", at(body, "kind")), cast("str", at(body, "metadata", "name"))): Manifest(body)
            for body in bodies
        }
        assert len(self.objects) == len(bodies), "two objects of one kind have the same name"

    def __call__(self, kind: str, name: str = RELEASE) -> Manifest:
        return self.objects[kind, name]

    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.objects}


@dataclass(frozen=True)
class Chart:
    """The chart under the real Helm.

    Args:
        helm: the binary.
    """

    helm: Path

    def render(self, values: dict[str, Json]) -> Rendered:
        """What Helm makes of the chart with these values."""
        done = self._template(values)
        assert done.returncode == 0, done.stderr
        return Rendered(done.stdout)

    def refusal(self, values: dict[str, Json]) -> str:
        """Why Helm doesn't render the chart with these values."""
        done = self._template(values)
        assert done.returncode != 0, "Helm rendered what it should have refused"
        assert not done.stdout
        return done.stderr

    def lint(self, values: dict[str, Json]) -> subprocess.CompletedProcess[str]:
        """`helm lint --strict` with these values."""
        return self._run(["lint", "--strict", str(CHART), "--values", "-"], values)

    def _template(self, values: dict[str, Json]) -> subprocess.CompletedProcess[str]:
        arguments = ["template", RELEASE, str(CHART), "--namespace", NAMESPACE, "--values", "-"]
        return self._run(arguments, values)

    def _run(self, arguments: list[str], values: dict[str, Json]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.helm, *arguments], input=json.dumps(values), capture_output=True, text=True, check=False
        )
