"""What every start makes sure of in the cluster: custom resource definitions, nodes and storage classes."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rehearsal.control_plane import build
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rehearsal.control_plane.api import Api

STAND_INS = Path(__file__).resolve().parent / "stand_ins"
# Two slots at their HPAs' maximum: 2 x (10 API pods of 2 CPU, 4Gi + 5 x 6 MCP pods of 1 CPU, 2Gi) = 100 CPU, 200Gi,
# and half as much again for surge, migrations and whatever a test adds (facts.md 3.1 has the requests).
NODES = 6
CAPACITY = {"cpu": "32", "memory": "128Gi", "pods": "110", "ephemeral-storage": "500Gi"}
ZONES = ("a", "b", "c")
REGION = "us-east-1"
# The class that claims without one get, and the one that the guide's values name (facts.md 3.1).
STORAGE_CLASSES = {"standard": True, "fast-ssd": False}
WORKERS = 8
ESTABLISHED_SECONDS = 60.0
POLL_SECONDS = 0.2
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True, kw_only=True)
class Object:
    """An object to apply: its path in the API, and itself as JSON."""

    path: str
    document: bytes


def definitions(pinned: Path, extra: Iterable[Path]) -> list[Object]:
    """The custom resource definitions: the pinned ones, our stand-ins, then the caller's own.

    Args:
        pinned: folder of the build's definitions.
        extra: YAML files or folders of them; a definition there comes in place of a pinned one of its name.

    Raises:
        RehearsalError: a path of `extra` holds none.
    """
    found = {path.stem: path.read_bytes() for path in sorted(pinned.glob("*.json"))}
    for place in (STAND_INS, *extra):
        files = sorted(place.rglob("*.yaml")) if place.is_dir() else [place]
        documents = [document for file in files if file.exists() for document in build.definitions(file)]
        if not documents:
            raise RehearsalError(f"{place} holds no CustomResourceDefinition.", "Name a YAML file or a folder of them.")
        for document in documents:
            found[cast("dict[str, str]", document["metadata"])["name"]] = json.dumps(document).encode()
    return [Object(path=f"{DEFINITIONS}/{name}", document=document) for name, document in sorted(found.items())]


def fixtures() -> list[Object]:
    """The nodes and the storage classes."""
    return [*map(_node, range(NODES)), *(_storage_class(*each) for each in STORAGE_CLASSES.items())]


def digest(objects: Iterable[Object]) -> str:
    """What tells whether the objects are those that were applied last."""
    return hashlib.sha256(b"\0".join(each.path.encode() + b"\0" + each.document for each in objects)).hexdigest()


def apply(api: Api, objects: list[Object]) -> None:
    """Apply the objects, several at a time.

    Raises:
        RehearsalError: the API server refused one.
    """
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        # The list is what raises what a worker raised.
        list(pool.map(api.apply, [each.path for each in objects], [each.document for each in objects]))


def await_established(api: Api, objects: list[Object]) -> None:
    """Wait until every definition is established; it is accepted a moment before that.

    Asking for each kind's objects instead would make the API server build all of its storage at once, which
    costs seconds that most rehearsals never need.

    Raises:
        RehearsalError: one isn't within a minute.
    """
    wanted = {each.path.rsplit("/", 1)[-1] for each in objects}
    deadline = time.monotonic() + ESTABLISHED_SECONDS
    while left := wanted - _established(api):
        if time.monotonic() > deadline:
            raise RehearsalError(
                f"Not established within {ESTABLISHED_SECONDS:.0f} s: {', '.join(sorted(left))}.",
                "Look into kube-apiserver.log in the home's logs, then stop and start again.",
            )
        time.sleep(POLL_SECONDS)


def _established(api: Api) -> set[str]:
    """Names of the definitions whose kinds are served."""
    found: set[str] = set()
    for item in cast("list[dict[str, dict[str, object]]]", api.get(DEFINITIONS).get("items", [])):
        # Null, not missing, in the first moment.
        conditions = cast("list[dict[str, str]]", item.get("status", {}).get("conditions") or [])
        if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
            found.add(str(item["metadata"]["name"]))
    return found


def _node(index: int) -> Object:
    name = f"node-{index}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": f"{REGION}{ZONES[index % len(ZONES)]}",
        "type": "kwok",
    }
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        # Written with the node: KWOK keeps what it finds and invents the rest.
        "status": {"capacity": CAPACITY, "allocatable": CAPACITY},
    }
    return Object(path=f"/api/v1/nodes/{name}", document=json.dumps(node).encode())


def _storage_class(name: str, default: bool) -> Object:  # noqa: FBT001 - an item of the table above
    annotations = {"storageclass.kubernetes.io/is-default-class": str(default).lower()}
    document = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": "rehearsal.stratmaster.com/volume",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": True,
    }
    return Object(path=f"/apis/storage.k8s.io/v1/storageclasses/{name}", document=json.dumps(document).encode())
