"""Putting objects back: those that are missing or differ, applied on the server, and nobody else's.

What it guards against: a restore that undoes what Pulumi has declared since (its objects are left to it unless told),
one into the wrong cluster (a dry run says what would change, and where), and one that stops at its first refusal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import pyrage

from operations.config.cluster import Cluster, Kind, Object
from operations.config.envelope import unseal
from operations.config.manifest import ConfigManifest
from operations.config.objects import changes, cleaned, manager, metadata, name, order, owner
from operations.errors import OperationError
from operations.store import Store

Act = Literal["create", "change", "same", "leave", "fail"]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which of a backup's objects.

    Attributes:
        namespaces: only theirs; all where none is named.
        kinds: only these, in any case; all where none is named.
        owned: those too that Pulumi, a release or a controller would make again.
    """

    namespaces: Sequence[str]
    kinds: Sequence[str]
    owned: bool

    def takes(self, one: Object) -> bool:
        """Whether an object is among them."""
        own = metadata(one)
        where = own.get("namespace") or (own["name"] if one["kind"] == "Namespace" else "")
        kinds = {kind.lower() for kind in self.kinds}
        return (not self.namespaces or where in self.namespaces) and (not kinds or str(one["kind"]).lower() in kinds)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What comes, or came, of one object.

    Attributes:
        act: `leave` is an owner's object that is missing or differs.
        lines: what changes, who owns it, or why it failed.
    """

    act: Act
    what: str
    lines: Sequence[str] = ()


def objects(store: Store, manifest: ConfigManifest, keys: Sequence[pyrage.x25519.Identity]) -> Sequence[Object]:
    """A backup's objects, in the order to put them back.

    Raises:
        OperationError: it is gone, altered, or for other keys.
    """
    plain = unseal(b"".join(store.read(manifest.file.stored())), keys)
    items = cast("list[Object]", cast("Object", json.loads(plain))["items"])
    return sorted(items, key=order)


def restore(
    cluster: Cluster, wanted: Sequence[Object], selection: Selection, report: Callable[[Step], None], *, dry_run: bool
) -> Sequence[Step]:
    """Put back what is selected, each object for itself.

    Args:
        cluster: where to.
        wanted: the backup's objects, in order.
        selection: which of them.
        report: told of each, as it comes.
        dry_run: let the server try it, and write nothing.
    """
    steps: list[Step] = []
    to_come: set[str] = set()
    for one in filter(selection.takes, wanted):
        step = _step(cluster, one, to_come, owned=selection.owned, dry_run=dry_run)
        if one["kind"] == "Namespace" and step.act == "create":
            to_come.add(str(metadata(one)["name"]))
        report(step)
        steps.append(step)
    return steps


def _step(cluster: Cluster, one: Object, to_come: set[str], *, owned: bool, dry_run: bool) -> Step:
    what, own = name(one), metadata(one)
    kind = _kind(cluster, one)
    if kind is None:
        return Step(act="fail", what=what, lines=[f"the cluster doesn't know {one['apiVersion']} {one['kind']}"])
    try:
        live = cluster.get(kind.path(str(own.get("namespace") or ""), str(own["name"])))
        owned_by = owner(live or one)
        if dry_run and own.get("namespace") in to_come:
            return Step(act="create", what=what)  # the server can't try it before its namespace is there
        wish, by = cleaned(one), manager(owned_by)
        tried = cluster.apply(kind, wish, by, dry_run=True) if live else {}
        lines = changes(live, tried) if live else []
        if live and not lines:
            return Step(act="same", what=what)
        if owned_by and not owned:
            return Step(act="leave", what=what, lines=[f"{owned_by} owns it", *lines])
        if not dry_run or not live:
            cluster.apply(kind, wish, by, dry_run=dry_run)
    except OperationError as error:
        return Step(act="fail", what=what, lines=[error.what])
    return Step(act="change" if live else "create", what=what, lines=lines)


def _kind(cluster: Cluster, one: Object) -> Kind | None:
    """Where a kind lives now, in the backup's version or, where the cluster has left that one, in its own."""
    group = str(one["apiVersion"]).rpartition("/")[0]
    return next((kind for kind in cluster.kinds if (kind.group, kind.kind) == (group, one["kind"])), None)
