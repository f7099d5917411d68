"""What the components declare, as the objects that reach the cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from rehearsal.engine.program import Config
from rehearsal.engine.record import Recording, record

PROGRAM = Path(__file__).parent / "program"

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]

FULL_NETWORK: Object = {
    "gateway": {"namespace": "gateway-system", "labels": {"app": "envoy"}},
    "apiServer": {"cidrs": ["10.96.0.1/32", "10.0.0.10/31"], "port": 6443},
    "s3": {"cidrs": ["52.216.0.0/15"]},
    "registries": {"cidrs": ["203.0.113.40/32"]},
}
FULL_ENDPOINTS: Object = {
    "oidc": {"url": "https://auth.example.com", "cidrs": ["203.0.113.0/28"], "port": 443},
    "langfuse": {"url": "http://langfuse", "namespace": "langfuse", "labels": {"app": "langfuse"}, "port": 3000},
    "otlp": {"url": "http://otel", "namespace": "monitoring", "labels": {"app": "otel"}, "port": 4317},
    "qdrant": {"url": "http://qdrant", "namespace": "vectors", "port": 6333},
    "modelProvider": {"url": "http://litellm", "namespace": "models", "port": 4000},
    "searxng": {"url": "http://searxng", "namespace": "search", "port": 8080},
    "objectStore": {"url": "http://minio", "namespace": "minio", "port": 9000},
    "web": {"cidrs": ["198.51.100.0/24"]},
}
GROUPS: Object = {"operators": ["the-operators"], "readers": ["the-readers"], "ci": ["the-pipelines"]}


def declare(
    *,
    network: Object | None = None,
    endpoints: Object | None = None,
    access: Object | None = None,
    slot: str | None = None,
    replicas: int = 3,
) -> Declared:
    """Run the tests' program with these settings; all of production's namespaces, or one slot that stands alone."""
    given = {"network": network, "endpoints": endpoints, "access": access}
    values = {f"stratmaster:{key}": json.dumps(value) for key, value in given.items() if value is not None}
    values["stratmaster:replicas"] = str(replicas)
    if slot:
        values["stratmaster:slot"] = slot
    recording = record(PROGRAM, "network", "test", Config(values=values))
    assert recording.error is None, recording.error
    return Declared(recording=recording)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a run declared.

    Args:
        recording: all of it.
    """

    recording: Recording

    @property
    def objects(self) -> list[Object]:
        """Every Kubernetes object, in the order it was declared."""
        return [cast("Object", each.inputs) for each in self.recording.resources if each.type.startswith("kubernetes:")]

    def of_kind(self, kind: str, namespace: str | None = None) -> list[Object]:
        """The objects of a kind, of one namespace or of all."""
        return [
            each
            for each in self.objects
            if each["kind"] == kind and namespace in (None, mapping(each["metadata"]).get("namespace"))
        ]

    def one(self, kind: str, name: str, namespace: str | None = None) -> Object:
        """The one object of a kind and name."""
        (found,) = (each for each in self.of_kind(kind, namespace) if mapping(each["metadata"])["name"] == name)
        return found


def mapping(value: Json) -> dict[str, Json]:
    """A value that is a mapping."""
    assert isinstance(value, dict)
    return value


def items(value: Json) -> list[dict[str, Json]]:
    """A value that is a list of mappings; nothing is none."""
    return [mapping(each) for each in cast("list[Json]", value or [])]
