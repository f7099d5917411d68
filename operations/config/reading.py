"""What there is in the cluster: all that the account asking may list or read by name, and nothing beside it.

The account's Role is the one list of what is backed up (`components/config_access.py`): a second one here could only
disagree with it. Secrets are read by the names that the Role gives, never listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from operations.config.cluster import Cluster, Kind, Object
from operations.config.objects import is_derived, kept, name
from operations.errors import OperationError

_DEEDS: Final = frozenset(
    {
        *("certificaterequests", "challenges", "controllerrevisions", "endpoints", "endpointslices", "events", "jobs"),
        *("leases", "orders", "pods", "replicasets"),
    }
)
"""What comes of other objects or tells what happened; listed only where an administrator runs this by hand."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found.

    Attributes:
        objects: as they are kept, in an order that depends on their names alone.
        absent: namespaces that aren't there, as that of a slot that was taken down.
    """

    objects: Sequence[Object]
    absent: Sequence[str]

    def counts(self) -> Mapping[str, int]:
        """Kind -> how many."""
        counts: dict[str, int] = {}
        for one in self.objects:
            counts[str(one["kind"])] = counts.get(str(one["kind"]), 0) + 1
        return dict(sorted(counts.items()))


def read(cluster: Cluster, namespaces: Sequence[str]) -> Found:
    """Read namespaces.

    Raises:
        OperationError: one is there, but nothing in it may be listed; or none is there; or the server refused.
    """
    objects: dict[str, Object] = {}
    absent: list[str] = []
    for namespace in namespaces:
        there = cluster.get(f"/api/v1/namespaces/{namespace}")
        if there is None:
            absent.append(namespace)
            continue
        for one in ({"apiVersion": "v1", "kind": "Namespace", **there}, *_inside(cluster, namespace)):
            objects[name(one)] = kept(one)
    if not objects:
        raise OperationError(f"there is none of the namespaces {', '.join(namespaces)}", "Is this the right cluster?")
    return Found(objects=[objects[key] for key in sorted(objects)], absent=absent)


def _inside(cluster: Cluster, namespace: str) -> Iterator[Object]:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    answer = cluster.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
    rules = cast("list[dict[str, list[str]]]", cast("Object", answer["status"])["resourceRules"])
    listed = 0
    for kind in (kind for kind in cluster.kinds if kind.namespaced and kind.plural not in _DEEDS):
        mine = [rule for rule in rules if _about(rule, kind)]
        if any(_gives(rule, "list") and not rule.get("resourceNames") for rule in mine):
            listed += 1
            yield from (one for one in cluster.list(kind, namespace) if not is_derived(one))
        else:
            # A Secret that is read by its name is kept though a controller makes it: of what only that one can open.
            named = {each for rule in mine if _gives(rule, "get") for each in rule.get("resourceNames") or []}
            found = (cluster.get(kind.path(namespace, each)) for each in sorted(named))
            yield from (one for one in found if one is not None)
    if not listed:
        raise OperationError(
            f"nothing in namespace {namespace} may be listed",
            "Set stratmaster:backups in the stack of that namespace and bring it up: it gives the account its Role.",
        )


def _about(rule: Mapping[str, list[str]], kind: Kind) -> bool:
    return bool({"*", kind.group} & {*rule.get("apiGroups", [])}) and bool(
        {"*", kind.plural} & {*rule.get("resources", [])}
    )


def _gives(rule: Mapping[str, list[str]], verb: str) -> bool:
    return bool({"*", verb} & {*rule.get("verbs", [])})
