"""Breaks one thing in the stack at AWS, inside a policy document written as JSON too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.aws_stack import inputs
from tests.policies.judging import Pack, Said, replaced


def said(pack: Pack, resources: Sequence[Resource]) -> list[Said]:
    """What the pack says about such a stack."""
    return pack.stack(*resources, provider=None)


def broken(name: str, path: Sequence[str | int], value: Value, *, known: bool) -> dict[str, Properties | None]:
    """The change that sets one field of a resource; inside a policy document written as JSON too."""
    properties = inputs(known=known)[name]
    return {name: cast("Properties", _set(properties, path, value))}


def _set(holder: Value, path: Sequence[str | int], value: Value) -> Value:
    if not path:
        return value
    if isinstance(holder, str):
        inside = _set(cast("Value", json.loads(holder)), path, value)
        return inside if _unknown_within(inside) else json.dumps(inside)
    key, rest = path[0], path[1:]
    if isinstance(key, int) or (isinstance(holder, Mapping) and key in holder):
        below = holder[key]  # pyright: ignore[reportIndexIssue, reportArgumentType, reportOptionalSubscript, reportCallIssue, reportUnknownVariableType] the path is the test's own
        return replaced(holder, [key], _set(cast("Value", below), rest, value))
    assert isinstance(holder, Mapping)
    return {**holder, key: _set({}, rest, value) if rest else value}


def _unknown_within(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(_unknown_within(each) for each in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_unknown_within(cast("Value", each)) for each in value)
    return value is UNKNOWN


def fields(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of everything in a value, inside policy documents too."""
    inside: Value = json.loads(value) if isinstance(value, str) and value.startswith("{") else value
    below: list[tuple[str | int, Value]] = []
    if isinstance(inside, Mapping):
        below = list(inside.items())
    elif isinstance(inside, list):
        below = list(enumerate(inside))
    for key, item in below:
        yield (*path, key)
        yield from fields(item, (*path, key))
