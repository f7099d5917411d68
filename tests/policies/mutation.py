"""The real stacks with one thing broken: what a mutant is, and the ways to break one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias, cast

from policies.pack.model.resource import Context
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from rehearsal.environment import environment
from rehearsal.project import Project
from tests.policies.judging import ROOT, Pack, Said

STACKS: Final = ("production", "blue", "green", "traffic", "dev")
RELEASE: Final = "kubernetes:helm.sh/v3:Release"
_CHART: Final = "helm/stratmaster-api"

Change: TypeAlias = Callable[[tuple[Resource, ...]], tuple[Resource, ...]]
"""What breaks a stack: its resources before, and after."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A real stack with one thing broken.

    Args:
        rule: the one rule that has to fire.
        stack: which stack is broken.
        change: how.
        also: other rules that have to fire with it, where one mistake breaks two demands.
    """

    rule: str
    stack: str
    change: Change
    also: tuple[str, ...] = ()


@cache
def recordings() -> Mapping[str, Recording]:
    """Every stack as its whole program declares it, each finding the others as they would be."""
    with TemporaryDirectory(prefix="recorded-") as home:
        project = replace(Project.find(ROOT), home=Path(home))
        found = environment(project, ControlPlane(Path(home)).binary("helm"))
        return {stack: found.record(stack) for stack in STACKS}


@cache
def resources(stack: str) -> tuple[Resource, ...]:
    """What a stack declares and looks up."""
    recording = recordings()[stack]
    assert recording.error is None, recording.error
    return recording.resources


def pack(stack: str) -> Pack:
    """The pack, told what the engine tells it of a stack."""
    config = Project.find(ROOT).config(stack).values
    return replace(Pack(), context=Context.of_config(stack, lambda key: config.get(f"stratmaster:{key}")))


def judged(stack: str, change: Change = lambda same: same) -> list[Said]:
    """What the pack says about a stack after a change."""
    return pack(stack).stack(*change(resources(stack)), provider=None)


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Sets one field of the inputs of some resources; a class, so that its twin with an unknown can be made."""

    kind: str
    name: str
    path: str
    value: Value

    def __call__(self, before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        edited = _each(
            self.kind, self.name, lambda each: replace(each, inputs=_set(each.inputs, self.path, self.value))
        )
        return edited(before)

    def unknown(self) -> Edit:
        """The same field, not known until the update."""
        return replace(self, value=UNKNOWN)


def edit(kind: str, name: str, path: str, value: Value) -> Edit:
    """Set a field of the resources of a kind and name: `edit("Namespace", "x", "metadata.labels", {})`.

    Args:
        kind: the kind, or the whole Pulumi type.
        name: the resource's logical name or its object's; empty for all of the kind.
        path: the field, with `.` between keys, `[0]` for elements, and `/` in place of `.` where a key has one itself.
        value: what it is set to; None removes it.
    """
    return Edit(kind=kind, name=name, path=path, value=value)


def edit_outputs(kind: str, name: str, path: str, value: Value) -> Change:
    """As `edit`, of what a look-up or a reference to another stack found."""
    return _each(kind, name, lambda each: replace(each, outputs=_set(each.outputs, path, value)))


def edit_release(path: str, value: Value) -> Edit:
    """Set one of the release's values."""
    return edit(RELEASE, "", f"values.{path}", value)


def edit_chart(file: str, old: str, new: str) -> Change:
    """Render the release from a copy of the chart in which `old` became `new` in a file."""

    def change(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        copy = _charts() / f"chart-{len(list(_charts().iterdir()))}"
        shutil.copytree(ROOT / _CHART, copy)
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text, f"{file} has no such text"
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
        return edit(RELEASE, "", "chart", str(copy))(before)

    return change


def options(kind: str, name: str, **changes: object) -> Change:
    """Change what the engine keeps of resources beside their inputs: `protect`, `provider`, …"""
    return _each(kind, name, lambda each: replace(each, **changes))  # pyright: ignore[reportArgumentType] checked by replace


def drop(kind: str, name: str = "") -> Change:
    """Take the resources of a kind and name away."""

    def change(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        left = tuple(each for each in before if not _is(each, kind, name))
        assert len(left) < len(before), f"there is no {kind} {name}"
        return left

    return change


def add(*more: Resource) -> Change:
    """Declare more."""
    return lambda before: (*before, *more)


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        for each in changes:
            before = each(before)
        return before

    return change


def _each(kind: str, name: str, how: Callable[[Resource], Resource]) -> Change:
    def change(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        assert any(_is(each, kind, name) for each in before), f"there is no {kind} {name}"
        return tuple(how(each) if _is(each, kind, name) else each for each in before)

    return change


def _is(each: Resource, kind: str, name: str) -> bool:
    metadata = each.inputs.get("metadata")
    own = cast("Mapping[str, Value]", metadata).get("name") if isinstance(metadata, Mapping) else None
    logical = each.urn.rsplit("::", 1)[-1]
    return (each.type == kind or each.type.rsplit(":", 1)[-1] == kind) and (name in ("", logical) or name == own)


def _set(inputs: Properties, path: str, value: Value) -> Properties:
    keys = [
        int(each[1:-1]) if each.startswith("[") else each.replace("/", ".")
        for each in re.findall(r"\[\d+\]|[^.\[\]]+", path)
    ]
    changed = _put(inputs, keys, value)
    assert isinstance(changed, dict)
    return changed


def _put(holder: Value, keys: Sequence[str | int], value: Value) -> Value:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        assert isinstance(holder, Sequence)
        items = list(cast("Sequence[Value]", holder))
        items[key] = _put(items[key], rest, value)
        return items
    own = dict(cast("Mapping[str, Value]", holder)) if isinstance(holder, Mapping) else {}
    if not rest and value is None:
        own.pop(key, None)
    else:
        own[key] = _put(own.get(key), rest, value)
    return own


@cache
def _charts() -> Path:
    _KEPT.append(TemporaryDirectory(prefix="charts-"))
    return Path(_KEPT[-1].name)


_KEPT: Final[list[TemporaryDirectory[str]]] = []
"""Folders that last as long as the process."""
