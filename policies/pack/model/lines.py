"""The lines at which a text's fields stand, which is what a report shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import yaml

from .scalars import NULLS

_BEGINS: Final = re.compile(r"(?:\s*(?:#.*|---.*)?\n)*")
_LAST: Final = re.compile(r"(?:^|[.\[])[^.\[]*$")


def line_of(text: str, index: int, path: str) -> int:
    """The line of the field at a path (`spec.containers[0].image`), or of the nearest one above that is there.

    Args:
        text: a stream that was read before.
        index: which of its documents, empty ones aside.
        path: the path.
    """
    if not path and index == 0:
        begins = _BEGINS.match(text)
        return text[: begins.end() if begins else 0].count("\n") + 1
    return _lines(text).of(index, path)


@lru_cache(maxsize=8)
def _lines(text: str) -> _Lines:
    return _Lines(_places(text))


@dataclass
class _Lines:
    """The lines of a text, as far as one was asked for: a large part of what is wrong stands near the beginning.

    Args:
        coming: what wasn't looked at yet: documents' numbers, paths, and their lines or 0 where something ends.
    """

    coming: Iterator[tuple[int, str, int]]
    _found: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])
    _ended: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])

    def of(self, index: int, path: str) -> int:
        """See `line_of`."""
        upwards = [(index, above) for above in _upwards(path)]
        while upwards[0] not in self._found and self._ended.isdisjoint(upwards):
            document, place, line = next(self.coming, (index, "", 0))
            if line:
                self._found[document, place] = line
            else:
                self._ended.add((document, place))
        return next(self._found[above] for above in upwards if above in self._found)


def _upwards(path: str) -> Iterator[str]:
    """A path, what is above it, and so on to the document itself."""
    yield path
    while path:
        path = _LAST.sub("", path)
        yield path


@dataclass
class _Inside:
    """A mapping or a list that hasn't ended.

    Args:
        path: where it stands.
        key: of a mapping, the path of the value that comes next; None where a key comes next.
        items: of a list, how many items have begun; None for a mapping.
    """

    path: str
    key: str | None = None
    items: int | None = None

    def begins(self, event: yaml.NodeEvent) -> tuple[str, bool]:
        """The path of what begins with an event, and whether it has a line of its own: a value has its key's."""
        if self.items is not None:
            self.items += 1
            return f"{self.path}[{self.items - 1}]", True
        if self.key is not None:
            path, self.key = self.key, None
            return path, False
        # A key that is no word is no field of any object; it is passed over by a path that nobody asks for.
        name = event.value if isinstance(event, yaml.ScalarEvent) else "?"
        self.key = f"{self.path}.{name}" if self.path else name
        return self.key, True


def _places(text: str) -> Iterator[tuple[int, str, int]]:
    """All places of a text in their order: document, path and line; with 0 for a line where a mapping or list ends."""
    index, inside = -1, list[_Inside]()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            yield index, inside.pop().path, 0
        elif isinstance(event, yaml.NodeEvent):
            if not inside and _empty(event):
                continue
            index += not inside
            path, own = inside[-1].begins(event) if inside else ("", True)
            if own and event.start_mark:  # as it has, whatever its stub says
                yield index, path, event.start_mark.line + 1
            if isinstance(event, yaml.CollectionStartEvent):
                inside.append(_Inside(path, items=0 if isinstance(event, yaml.SequenceStartEvent) else None))


def _empty(event: yaml.NodeEvent) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.value in NULLS
