"""What holds data is neither deleted by a slip nor left out of what is compared. The cluster's side of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.objects import Object, objects
from ..model.record import Rule, StackRule, per
from ..model.resource import Resource
from ..model.stack import Stack
from ..model.values import Field, Finding, must, one_of
from .joins import readable

_HOLDING: Final = {
    "PersistentVolume": "core",
    "PersistentVolumeClaim": "core",
    "StatefulSet": "apps",
    "Cluster": "postgresql.cnpg.io",
    "ObjectStore": "barmancloud.cnpg.io",
}
MAY_BE_IGNORED: Final = frozenset({"spec.replicas", "status", "metadata.generation", "metadata.managedFields"})
"""What others than this program write all the time: autoscalers, controllers, the API server."""
_SEGMENT: Final = re.compile(r"[^.\[\]\"]+")


def holding(stack: Stack) -> Iterator[Object]:
    """The objects of a stack that hold data: a StatefulSet only where it claims volumes."""
    for each in stack.objects(*_HOLDING):
        if each.group == _HOLDING[each.kind] and not each.patch:
            claims = each.spec.child("volumeClaimTemplates").value
            if each.kind != "StatefulSet" or claims not in (None, []):
                yield each


def _protected(stack: Stack) -> Iterator[Finding]:
    if stack.context.development or not stack.context.protect_data:
        return
    yield from per(holding, _kept_by_engine)(stack)
    kept = {namespace for (namespace, _), each in readable(holding(stack)) if each.kind != "PersistentVolume"}
    namespaces = [each for each in stack.objects("Namespace") if each.name.value in kept]
    yield from per(lambda _: namespaces, _kept_by_engine)(stack)


def _kept_by_engine(each: Object) -> Iterator[Finding]:
    if each.resource.engine and not each.resource.options.protect:
        what = "holds all the data of the stack" if each.kind == "Namespace" else "holds data"
        place = each.resource.option("protect", value=False)
        yield place.finding(f"isn't set, though {each.kind} {what}")


def _outlives(each: Object) -> Iterator[Finding]:
    if each.resource.context.development:
        return
    if each.kind == "StatefulSet":
        policy = each.spec.child("persistentVolumeClaimRetentionPolicy")
        for key in ("whenDeleted", "whenScaled"):
            yield from must(policy.child(key), one_of(None, "Retain"), "deletes the volumes")
    elif each.kind == "PersistentVolume":
        yield from must(each.spec.child("persistentVolumeReclaimPolicy"), one_of(None, "Retain"), "deletes the volume")
    elif not each.patch or each.root.child("reclaimPolicy").is_set:  # a class deletes unless it says otherwise
        yield from must(each.root.child("reclaimPolicy"), one_of("Retain"), "deletes volumes with their claims")


def _compared(resource: Resource) -> Iterator[Finding]:
    if not resource.type.startswith("kubernetes:"):
        return
    for path in resource.options.ignore_changes:
        if not any(_below(path, allowed) for allowed in MAY_BE_IGNORED):
            place = Field(resource.root.source, "options.ignoreChanges", path)
            yield place.finding(f"leaves {path} to whoever changes it in the cluster")


def _below(path: str, allowed: str) -> bool:
    own, least = _SEGMENT.findall(path), _SEGMENT.findall(allowed)
    return own[: len(least)] == least


PROTECTED: Final = StackRule(
    id="data-protected",
    title="In production what holds data is protected from deletion",
    severity="high",
    why="A renamed component, a moved parent or a `destroy` in the wrong window deletes the database.",
    mend="Set protect=True on it and on its namespace; stratmaster:protectData: false takes a foundation down.",
    check=_protected,
)
RETAINED: Final = Rule(
    id="data-outlives-objects",
    title="In production volumes outlive the objects that claim them",
    severity="high",
    why="With `Delete`, a StatefulSet made anew or a claim deleted by hand takes the disk along.",
    mend="Use Retain: in the StorageClass, the volume, and persistentVolumeClaimRetentionPolicy.",
    check=per(objects("StatefulSet", "PersistentVolume", "StorageClass"), _outlives),
)
COMPARED: Final = Rule(
    id="changes-compared",
    title="Nothing but what controllers write is left out of what is compared",
    severity="high",
    why="What ignoreChanges names stays as somebody made it in the cluster: an image, a role, a security context.",
    mend="Take it out of ignoreChanges; replicas and status may stay in.",
    check=_compared,
)

RULES: Final = (PROTECTED, RETAINED, COMPARED)
