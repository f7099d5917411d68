"""Eyes on the API server: every object of every kind, and what happened to some of them in between."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final, TypeAlias, cast

from rehearsal.engine.providers.api import Api, ApiError, Object
from tests.waiting import eventually

_WORKERS: Final = 8
_RESTLESS: Final = frozenset({"events", "leases"})
"""What moves by itself, all the time."""
_METADATA: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, order=True, kw_only=True)
class Name:
    """One object's name in the API; `namespace` is empty for an object of the cluster's."""

    namespace: str
    kind: str
    name: str


Snapshot: TypeAlias = Mapping[Name, str]
"""Every object's uid and resourceVersion: other after any write, even one that changes nothing but a status.

Of what a controller's clock moves, all but the status.
"""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The API server behind a kubeconfig, as its administrator sees it."""

    api: Api
    kubeconfig: Path
    _paths: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @classmethod
    def of(cls, kubeconfig: Path) -> Cluster:
        return cls(api=Api.of(kubeconfig, ""), kubeconfig=kubeconfig)

    def everything(self) -> Snapshot:
        """All objects of all kinds, events and leases aside."""
        if not self._paths:
            self._paths.extend(_collections(self.api))
        kinds, paths = zip(*self._paths, strict=True)
        found: Snapshot = {}

        def listed() -> bool:
            try:
                with ThreadPoolExecutor(_WORKERS) as pool:
                    found.update(itertools.chain.from_iterable(pool.map(self._list, kinds, paths)))
            except ApiError as error:
                # A fresh API server opens its storage of a custom resource when first asked for any.
                if error.code != HTTPStatus.TOO_MANY_REQUESTS:
                    raise
                return False
            return True

        eventually(listed, "every kind can be listed")
        return found

    def _list(self, kind: str, path: str) -> list[tuple[Name, str]]:
        found = (cast("Object", each["metadata"]) for each in self._items(path, _METADATA))
        return [
            (Name(namespace=str(each.get("namespace", "")), kind=kind, name=str(each["name"])), _mark(kind, each))
            for each in found
        ]

    def _items(self, path: str, accept: str = "application/json") -> list[Object]:
        return cast("list[Object]", self.api.request("GET", path, accept=accept).get("items") or [])

    def settled(self) -> Snapshot:
        """All objects, once nothing moves: what controllers still do after an update is no part of the next."""
        found: Snapshot = {}

        def still() -> bool:
            nonlocal found
            before, found = found, self.everything()
            return before == found

        eventually(still, "nothing moves any more")
        return found

    def get(self, path: str) -> Object:
        """The object at a path below the API's root."""
        return self.api.request("GET", path)

    def list(self, path: str) -> list[Object]:
        """The objects of a collection."""
        return self._items(path)

    def patch(self, path: str, change: object) -> None:
        """Change an object as somebody else would, by a JSON merge patch."""
        self.api.request("PATCH", path, change, content_type="application/merge-patch+json")

    def create(self, path: str, document: object) -> None:
        """Make an object in a collection as somebody else would."""
        self.api.request("POST", path, document)

    def delete(self, path: str) -> None:
        """Delete an object as somebody else would."""
        self.api.request("DELETE", path)

    def set(self, path: str, pointer: str, value: str) -> None:
        """Replace one field, named by a JSON pointer, of an object."""
        change = [{"op": "replace", "path": pointer, "value": value}]
        self.api.request("PATCH", path, change, content_type="application/json-patch+json")

    def emptied(self, before: Snapshot) -> Snapshot:
        """All objects, once nothing is left that wasn't there before; what is left after a minute, if anything."""
        with contextlib.suppress(AssertionError):
            eventually(lambda: self.everything().keys() <= before.keys(), "what was made is gone")
        return self.everything()

    def history(self, path: str, since: int) -> Iterable[tuple[int, str, Object]]:
        """What was written to a collection since a resourceVersion: (resourceVersion, ADDED and so on, object).

        The server keeps it for a watch that starts late, and ends a watch after the seconds it is told.
        """
        response = self.api.pool.request(
            "GET",
            f"{self.api.server}{path}?watch=1&resourceVersion={since}&timeoutSeconds=1",
            headers={"Accept": "application/json"},
        )
        for line in response.data.splitlines():
            event = cast("dict[str, object]", json.loads(line))
            seen = cast("Object", event["object"])
            assert event["type"] != "ERROR", seen
            yield int(cast("dict[str, str]", seen["metadata"])["resourceVersion"]), str(event["type"]), seen

    def now(self) -> int:
        """The resourceVersion that the whole API is at."""
        found = cast("dict[str, str]", self.api.request("GET", "/api/v1/namespaces")["metadata"])
        return int(found["resourceVersion"])


def _collections(api: Api) -> Iterable[tuple[str, str]]:
    """Kind (with its group) and path of every collection that can be listed, each in its preferred version."""
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    for root in ("/api", "/apis"):
        for group in cast("list[Object]", api.request("GET", root, accept=accept)["items"]):
            name = cast("dict[str, str]", group["metadata"]).get("name", "")
            seen: set[str] = set()
            for version in cast("list[Object]", group["versions"]):
                base = "/".join(part for part in (root, name, str(version["version"])) if part)
                for resource in cast("list[Object]", version["resources"]):
                    plural = str(resource["resource"])
                    if plural in seen | _RESTLESS or "list" not in cast("list[str]", resource["verbs"]):
                        continue
                    seen.add(plural)
                    kind = cast("dict[str, str]", resource["responseKind"])["kind"]
                    yield (kind, f"{base}/{plural}")


def _mark(kind: str, metadata: Object) -> str:
    # Controllers write the status of these on a clock of their own, whoever else does nothing: a Node's heartbeat, and
    # what an HPA makes of its metrics. All that anybody else can change is in the entries of their fields' owners.
    if kind in {"Node", "HorizontalPodAutoscaler"}:
        owners = cast("list[Object]", metadata.get("managedFields") or [])
        return json.dumps([metadata.get("uid"), [each for each in owners if each.get("subresource") != "status"]])
    return f"{metadata.get('uid')} {metadata.get('resourceVersion')}"


def moved(before: Snapshot, after: Snapshot) -> set[Name]:
    """What was made, changed or removed between two snapshots."""
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}
