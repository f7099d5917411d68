"""Property values as rules read them.

CrossGuard (pulumi-policy 1.21) hands rules a proxy that raises as soon as an unknown value is read, gives up the rule,
and reports its mandatory violation as advice. Here an unknown is a value that a rule has to answer for: `must` makes it
a finding, and every reader of `Field` raises `Unreadable`, which whoever runs the rule turns into one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias, cast


class Opaque(Enum):
    """A value that a rule can't judge; the member's value says why, as the end of a sentence."""

    UNKNOWN = "is unknown until the update, so it can't be judged"
    MALFORMED = "doesn't have the type that belongs there, so it can't be judged"


Value: TypeAlias = "bool | float | str | Opaque | list[Value] | dict[str, Value] | None"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a value comes from.

    Args:
        urn: the resource's; a manifest's file and place in it where there is no engine.
        type: the resource's Pulumi type.
        object: an object inside the resource, as `Deployment stratmaster-blue/stratmaster-api`; empty for itself.
    """

    urn: str
    type: str
    object: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a rule found: where, as a source and a path of fields, and what, as the rest of a sentence.

    `opaque` says that the value could not be judged at all, rather than that it is wrong.
    """

    source: Source
    path: str
    problem: str
    opaque: bool = False

    @property
    def place(self) -> str:
        """The field as reports and exemptions name it, the object inside the resource before it."""
        path = self.path or "the resource"
        return f"{self.source.object}: {path}" if self.source.object else path


class Unreadable(Exception):  # noqa: N818 it is no error of the pack's: it carries a finding
    """A value that a rule needs can't be judged."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.problem)
        self.finding = finding


class Field(NamedTuple):
    """A value and the place where it stands (`spec.template.spec.containers[0].image`).

    A tuple, since millions are made in a run, and a frozen dataclass takes twice as long to make.
    """

    source: Source
    path: str
    value: Value

    def child(self, key: str) -> Field:
        """The field `key` of this one; its value is None where it isn't set, opaque where this one isn't a mapping."""
        source, path, value = self
        below = value.get(key) if isinstance(value, dict) else _below(value, key)
        return _new(Field, (source, f"{path}.{key}" if path else key, below))

    def at(self, *keys: str) -> Field:
        """The field below this one at a path of keys."""
        source, path, value = self
        for key in keys:
            value = _below(value, key)
        return _new(Field, (source, ".".join((path, *keys) if path else keys), value))

    def children(self) -> Iterator[Field]:
        """The fields of a mapping or the elements of a list; nothing for any other value."""
        match self.value:
            case dict():
                yield from (self.child(key) for key in self.value)
            case list():
                source, path, _ = self
                for index, item in enumerate(self.value):
                    yield _new(Field, (source, f"{path}[{index}]", item))
            case _:
                return

    @property
    def key(self) -> str:
        """The last key of the path; an element of a list has the key of its list."""
        return self.path.rsplit(".", 1)[-1].split("[", 1)[0]

    @property
    def is_set(self) -> bool:
        """Whether there is anything; raises Unreadable where that isn't known."""
        return self.known() is not None

    def known(self) -> Value:
        """The value, if it can be judged; raises Unreadable otherwise."""
        if isinstance(self.value, Opaque):
            raise Unreadable(self.unreadable())
        return self.value

    def text(self) -> str | None:
        """A string, None where it isn't set; raises Unreadable for anything else."""
        value = self.known()
        if value is None or isinstance(value, str):
            return value
        raise Unreadable(self.unreadable())

    def flag(self) -> bool | None:
        """A boolean, None where it isn't set; raises Unreadable for anything else."""
        value = self.known()
        if value is None or isinstance(value, bool):
            return value
        raise Unreadable(self.unreadable())

    def number(self) -> float | None:
        """A number, None where it isn't set; raises Unreadable for anything else."""
        value = self.known()
        if value is None or (isinstance(value, float | int) and not isinstance(value, bool)):
            return value
        raise Unreadable(self.unreadable())

    def elements(self) -> list[Field]:
        """The elements of a list, none where it isn't set; raises Unreadable for anything else."""
        if self.known() is None:
            return []
        if isinstance(self.value, list):
            return list(self.children())
        raise Unreadable(self.unreadable())

    def texts(self) -> list[str]:
        """The strings of a list, empty where one isn't set; raises Unreadable for anything else."""
        value = self.value
        if isinstance(value, list) and all(type(item) is str for item in value):
            return cast("list[str]", value)
        return [item.text() or "" for item in self.elements()]

    def entries(self) -> dict[str, Field]:
        """The fields of a mapping by key, none where it isn't set; raises Unreadable for anything else."""
        if self.known() is None:
            return {}
        if isinstance(self.value, dict):
            return {key: self.child(key) for key in self.value}
        raise Unreadable(self.unreadable())

    def finding(self, problem: str) -> Finding:
        """A finding about this field. The value is never quoted: it may be a secret."""
        return Finding(source=self.source, path=self.path, problem=problem)

    def unreadable(self) -> Finding:
        """The finding that this field can't be judged."""
        why = self.value if isinstance(self.value, Opaque) else Opaque.MALFORMED
        return Finding(source=self.source, path=self.path, problem=why.value, opaque=True)


_new = cast("Callable[[type[Field], tuple[Source, str, Value]], Field]", tuple.__new__)  # pyright: ignore[reportUnknownMemberType] its stub's
"""What NamedTuple's own constructor calls, which doubles the time that it takes."""


def _below(value: Value, key: str) -> Value:
    """What stands at a key of a value, if anything can."""
    if isinstance(value, dict):
        return value.get(key)
    return value if value is None or value is Opaque.UNKNOWN else Opaque.MALFORMED


def must(field: Field, holds: Callable[[Value], bool], problem: str) -> Iterator[Finding]:
    """A finding if `field` can't be judged or what it holds (None where it isn't set) isn't what has to hold."""
    if isinstance(field.value, Opaque):
        yield field.unreadable()
    elif not holds(field.value):
        yield field.finding(problem)


def each(fields: Iterable[Field], check: Callable[[Field], Iterable[Finding]]) -> Iterator[Finding]:
    """What `check` finds in each of `fields`; one that can't be judged doesn't hide the next."""
    for field in fields:
        try:
            yield from check(field)
        except Unreadable as unreadable:
            yield unreadable.finding


def one_of(*allowed: Value) -> Callable[[Value], bool]:
    """Whether a value is one of `allowed`; of the same type, so that 1 isn't true."""

    def holds(value: Value) -> bool:
        return any(type(value) is type(each) and value == each for each in allowed)

    return holds
