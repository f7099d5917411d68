"""Property values as rules read them.

The SDK (pulumi-policy 1.21) hands rules a proxy that raises as soon as an unknown value is read, gives up the rule, and
reports its mandatory violation as advice. Here an unknown becomes a value that a rule has to answer for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, cast

from pulumi_policy.proxy import UnknownValueError


class Opaque(Enum):
    """A value that a rule can't judge; the member's value says why, as the end of a sentence."""

    UNKNOWN = "is unknown until the update, so it can't be judged"
    MALFORMED = "doesn't have the type that belongs there, so it can't be judged"


Value: TypeAlias = "bool | float | str | Opaque | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a rule found: where, as a path of fields, and what, as the rest of a sentence."""

    path: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value and the path where it stands (`spec.template.spec.containers[0].image`)."""

    path: str
    value: Value

    def child(self, key: str) -> Field:
        """The field `key` of this one; its value is None where it isn't set, opaque where this one isn't a mapping."""
        path = f"{self.path}.{key}" if self.path else key
        match self.value:
            case dict():
                return Field(path=path, value=self.value.get(key))
            case None | Opaque.UNKNOWN:
                return Field(path=path, value=self.value)
            case _:
                return Field(path=path, value=Opaque.MALFORMED)

    def children(self) -> Iterator[Field]:
        """The fields of a mapping or the elements of a list; nothing for any other value."""
        match self.value:
            case dict():
                yield from (self.child(key) for key in self.value)
            case list():
                for index, item in enumerate(self.value):
                    yield Field(path=f"{self.path}[{index}]", value=item)
            case _:
                return

    def finding(self, problem: str) -> Finding:
        """A finding about this field."""
        return Finding(path=self.path, problem=problem)


def plain(value: object) -> Value:
    """`value`, as the SDK gives it, with each unknown in its place.

    What is no JSON (an asset, an archive) counts as unknown: no rule has learnt to read it.
    """
    if value is None or isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, object]", value)
        return {key: _item(mapping, key) for key in mapping}
    if isinstance(value, Sequence):
        items = cast("Sequence[object]", value)
        return [_item(items, index) for index in range(len(items))]
    return Opaque.UNKNOWN


def plain_mapping(value: object) -> dict[str, Value]:
    """`plain` for whole properties, which always are a mapping."""
    mapping = plain(value)
    return mapping if isinstance(mapping, dict) else {}


def _item(container: Mapping[str, object] | Sequence[object], key: str | int) -> Value:
    try:
        return plain(cast("Mapping[str | int, object]", container)[key])
    except UnknownValueError:
        return Opaque.UNKNOWN
