"""What is measured on: the rendered objects of the environment's stacks, repeated under other names."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Final, cast

from rehearsal.engine.wire import mapping, text
from rehearsal.environment import Object, environment, record_all
from rehearsal.project import Project

Plain = dict[str, object]

_GENERIC: Final = frozenset({"Namespace", "ResourceQuota"})
"""Namespaces are made before the clock starts; a quota would make the copies fight for room."""


def rendered(project: Project, helm: Path) -> list[Plain]:
    """Every object of the environment, the charts' too, without its pods: only the API's work is measured."""
    found = environment(project, helm)
    objects: list[Object] = []
    for recording in record_all(found, project.environment()).values():
        objects += found.objects(recording)
    return [_still(each) for each in objects if text(each.get("kind")) not in _GENERIC]


def _still(each: Object) -> Plain:
    """An object that starts nothing and that nobody waits for."""
    still = cast("Plain", json.loads(json.dumps(each)))
    metadata = cast("Plain", still["metadata"])
    annotations = cast("Plain", metadata.setdefault("annotations", {}))
    annotations.pop("pulumi.com/waitFor", None)
    annotations["pulumi.com/skipAwait"] = "true"
    if still["kind"] == "Deployment":
        cast("Plain", still["spec"])["replicas"] = 0
    if still["kind"] == "CronJob":
        cast("Plain", still["spec"])["suspend"] = True
    return still


def repeated(objects: list[Plain], count: int, mark: str) -> tuple[list[str], list[Plain]]:
    """`count` objects out of `objects` and copies of them, and the namespaces they stand in.

    Args:
        objects: what to repeat.
        count: how many are wanted.
        mark: part of every namespace and cluster-wide name, so that two runs don't meet.
    """
    namespaces: dict[str, None] = {}
    copies: list[Plain] = []
    for index in range(count):
        each = copy.deepcopy(objects[index % len(objects)])
        suffix = f"-{mark}{index // len(objects)}"
        metadata = cast("Plain", each["metadata"])
        if mapping(cast("Object", each).get("metadata")).get("namespace"):
            metadata["namespace"] = f"{metadata['namespace']}{suffix}"
            namespaces[str(metadata["namespace"])] = None
        else:
            metadata["name"] = f"{metadata['name']}{suffix}"
        copies.append(each)
    return list(namespaces), copies
