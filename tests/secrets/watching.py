"""What is there and what is needed, followed write by write through what an API server remembers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, cast

from rehearsal.engine.providers.api import Object
from rehearsal.engine.wire import Properties
from tests.loop.cluster import Cluster
from tests.loop.world import at
from tests.secrets.backends import declared, references
from tests.secrets.environment import NAMESPACE

_BASES: Final = {
    "Secret": "/api/v1/namespaces/{}/secrets",
    "SealedSecret": "/apis/bitnami.com/v1alpha1/namespaces/{}/sealedsecrets",
    "ExternalSecret": "/apis/external-secrets.io/v1/namespaces/{}/externalsecrets",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
}
PATHS: Final = {kind: base.format(NAMESPACE) for kind, base in _BASES.items()}


@dataclass(kw_only=True)
class Scene:
    """One moment of a namespace.

    Attributes:
        declared: name of a Secret -> kinds of objects that bring it about. What an operator makes isn't among them.
        usable: name of a Secret that pods can be given -> its keys. That of an ExternalSecret that is ready counts as
            there: this operator is simulated and writes none.
        needed: ReplicaSet -> the names and keys that its pods read.
    """

    declared: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    usable: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    needed: dict[str, set[tuple[str, str]]] = field(default_factory=dict[str, set[tuple[str, str]]])

    def see(self, kind: str, seen: Object, *, gone: bool = False) -> None:
        """Take one write into account."""
        name = str(at(seen, "metadata", "name"))
        if kind == "ReplicaSet":
            runs = not gone and (at(seen, "spec", "replicas") or at(seen, "status", "replicas"))
            template = at(seen, "spec", "template", "spec")
            self.needed[name] = set(references(cast("Properties", template))) if runs else set()
            return
        for secret, found in declared(iter([cast("Properties", {**seen, "kind": kind})])):
            if not at(seen, "metadata", "ownerReferences"):
                owners = self.declared.setdefault(secret, set())
                (owners.discard if gone else owners.add)(kind)
            if kind == "SealedSecret":
                continue
            if gone:
                self.usable.pop(secret, None)
            elif kind == "Secret" or _ready(seen):
                self.usable[secret] = found.keys

    def wrong(self) -> Iterator[str]:
        """What pods lack, and Secrets that two would write."""
        for name, owners in self.declared.items():
            if len(owners) > 1:
                yield f"{name} is written by {' and '.join(sorted(owners))}"
        for pods, needed in self.needed.items():
            for name, key in needed:
                if name not in self.usable:
                    yield f"{pods} needs {name}, which nobody has made"
                elif key and key not in self.usable[name]:
                    yield f"{pods} needs {name}.{key}, which isn't in it"

    def used(self) -> set[str]:
        """The Secrets that any pods need."""
        return {name for needed in self.needed.values() for name, _ in needed}


def scene(cluster: Cluster) -> Scene:
    """The namespace as it is."""
    found = Scene()
    for kind, path in PATHS.items():
        for each in cluster.list(path):
            found.see(kind, each)
    return found


def written(cluster: Cluster, since: int) -> list[tuple[int, str, bool, Object]]:
    """All that was written since a resourceVersion, in order: (resourceVersion, kind, whether it is gone, object)."""

    def of(kind: str) -> list[tuple[int, str, bool, Object]]:
        found = cluster.history(PATHS[kind], since)
        return [(version, kind, event == "DELETED", seen) for version, event, seen in found]

    with ThreadPoolExecutor(len(PATHS)) as pool:
        return sorted(itertools.chain.from_iterable(pool.map(of, PATHS)), key=lambda each: each[0])


def _ready(seen: Object) -> bool:
    conditions = cast("list[dict[str, str]]", at(seen, "status", "conditions") or [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
