"""What a parser made of YAML or JSON, in the types that rules read and within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, cast

from .scalars import differs
from .values import Value

MAX_DEPTH: Final = 100
"""Levels of nesting that are looked through; no API has objects as deep."""
MAX_VALUES: Final = 200_000
"""Values in one document; the API server takes 3 MiB at most, and an alias may stand for a million more."""


class MalformedError(Exception):
    """A text is no YAML that rules could judge; the message says where."""


class DoubtfulError(Exception):
    """A word was read as YAML 1.2 has it, and the server would read it otherwise unless it was quoted."""


@dataclass
class Reader:
    """Reads one document.

    Args:
        place: what errors call it.
        exact: whether its words were read as the server reads them.
    """

    place: str
    exact: bool = True
    left: int = MAX_VALUES - 1  # beside the document's own value

    def read(self, value: object, depth: int = 0) -> Value:
        """A parsed value as rules read it; numbers are floats, as the engine sends them.

        Raises:
            MalformedError: it is beyond the bounds, or holds what JSON has no word for.
            DoubtfulError: it isn't exact, and that may make a difference.
        """
        kind = type(value)
        if kind is str:
            word = cast("str", value)
            if not self.exact and differs(word):
                raise DoubtfulError
            return word
        if kind is dict:
            return self._mapping(cast("dict[object, object]", value), self._below(depth))
        if kind is list:
            below, items = self._below(depth), cast("list[object]", value)
            self._take(len(items))
            return [self.read(item, below) for item in items]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, float | int) and math.isfinite(value):
            return float(value)
        name = value if isinstance(value, float) else f"a {kind.__name__}"
        raise MalformedError(f"{self.place}: it holds {name}, which JSON has no word for")

    def _take(self, values: int) -> None:
        self.left -= values
        if self.left < 0:
            raise MalformedError(f"{self.place}: it has more than {MAX_VALUES:,} values")

    def _below(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise MalformedError(f"{self.place}: it is nested more than {MAX_DEPTH} levels deep")
        return depth + 1

    def _mapping(self, entries: dict[object, object], depth: int) -> dict[str, Value]:
        self._take(len(entries))
        # Most keys and values are words, and most words need no second look.
        read = {
            key if type(key) is str and not differs(key) else self._key(key): item
            if type(item) is str and not differs(item)
            else self.read(item, depth)
            for key, item in entries.items()
        }
        if len(read) < len(entries):
            raise MalformedError(f"{self.place}: a key stands there twice, once as a word and once as a number")
        return read

    def _key(self, key: object) -> str:
        """A key as the server turns it into a word; switches, fractions and nothing are no keys of any API."""
        if not self.exact:  # a word that differs; or a switch or number, and to Python true and 1 are the same key
            raise DoubtfulError
        if isinstance(key, str):
            return key
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
        raise MalformedError(f"{self.place}: it has the key {key}, which is no word: put it in quotes")
