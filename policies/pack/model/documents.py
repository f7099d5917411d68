"""YAML documents as values that rules can read, and as the server would read them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar, cast

import ryaml
import yaml

from . import scalars
from .values import Value

_T = TypeVar("_T")
MAX_DEPTH: Final = 100
"""Levels of nesting that are looked through; no API has objects as deep."""
MAX_VALUES: Final = 200_000
"""Values in one document; the API server takes 3 MiB at most, and an alias may stand for a million more."""
_BEGINS: Final = re.compile(r"(?:\s*(?:#.*|---.*)?\n)*")
_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


class MalformedError(Exception):
    """A text is no YAML that rules could judge; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document of a stream: its value, and which of the stream's it is, empty ones aside."""

    value: Value
    text: str = field(repr=False)
    index: int

    def line_of(self, path: str = "") -> int:
        """The line of the field at a path (`spec.containers[0].image`), or of the nearest one above that is there."""
        if not path and self.index == 0:
            begins = _BEGINS.match(self.text)
            return self.text[: begins.end() if begins else 0].count("\n") + 1
        node = _nodes(self.text)[self.index]
        line = node.start_mark.line + 1
        for index, key in _STEP.findall(path):
            below = _below(node, key, int(index) if index else None)
            if below is None:
                break
            line, node = below
        return line


def documents(text: str) -> Iterator[Document]:
    """The documents of a YAML stream, empty ones aside.

    Read by a parser of YAML 1.2 that is five times as fast as PyYAML, wherever both versions read the same; PyYAML
    reads the rest, and says where something is wrong.

    Raises:
        MalformedError: it is no YAML, says something twice, or is beyond any object in depth or size.
    """
    values = enumerate(value for value in _read(text) if value is not None)
    for index, value in values:
        place = f"document {index + 1}"
        yield Document(value=plain(value, Budget(place=place)), text=text, index=index)


def _read(text: str) -> list[object]:
    # YAML 1.1, which the server reads, has merged mappings and tags too.
    if "<<" not in text and "!" not in text and not scalars.DIFFERS.search(text):
        try:
            return cast("list[object]", ryaml.loads_all(text) or [])  # pyright: ignore[reportPrivateImportUsage] its stub names nothing as exported
        except (ryaml.InvalidYamlError, ValueError):  # pyright: ignore[reportPrivateImportUsage] likewise
            pass  # told by PyYAML, with the line
    try:
        return list(cast("Iterator[object]", yaml.load_all(text, Loader=_Loader)))
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise MalformedError(f"{where}{error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise MalformedError(str(error).splitlines()[0]) from None
    except RecursionError:
        raise MalformedError(f"it is nested more than {MAX_DEPTH} levels deep") from None


@lru_cache(maxsize=8)
def _nodes(text: str) -> list[yaml.Node]:
    """Where the parts of each document stand; only asked for what a report shows."""
    return [node for node in yaml.compose_all(text, Loader=yaml.CSafeLoader) if node.tag != "tag:yaml.org,2002:null"]


class _Loader(yaml.CSafeLoader):
    """Reads plain words as the server does, and refuses a key that stands twice, of which readers take either."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """The tag of a node without one."""
        if kind is yaml.ScalarNode and implicit[0]:
            return scalars.tag_of(value)
        return cast("str", super().resolve(kind, value, implicit))  # pyright: ignore[reportUnknownMemberType] PyYAML's

    def construct_yaml_bool(self, node: yaml.ScalarNode) -> bool:
        """A switch."""
        return self._read(node, scalars.truth)

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        """A number, whole or not."""
        return self._read(node, scalars.number)

    def _read(self, node: yaml.ScalarNode, reading: Callable[[str], _T | None]) -> _T:
        value = reading(str(node.value))
        if value is None:
            problem = f"{node.value} is no {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:  # noqa: FBT001, FBT002 PyYAML's
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if key.tag == "tag:yaml.org,2002:bool":
                problem = f"the key {name} is a switch: put it in quotes"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if name in seen and key.tag != "tag:yaml.org,2002:merge":
                problem = f"the key {name} stands there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(name)
        return cast("dict[Hashable, object]", super().construct_mapping(node, deep))


_Loader.add_constructor("tag:yaml.org,2002:bool", _Loader.construct_yaml_bool)
for _number in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_number}", _Loader.construct_number)


@dataclass
class Budget:
    """How much of one document may still be read."""

    place: str
    left: int = MAX_VALUES

    def spend(self, depth: int) -> None:
        """Count one value at a depth."""
        self.left -= 1
        if depth > MAX_DEPTH:
            raise MalformedError(f"{self.place}: it is nested more than {MAX_DEPTH} levels deep")
        if self.left < 0:
            raise MalformedError(f"{self.place}: it has more than {MAX_VALUES:,} values")


def plain(value: object, budget: Budget, depth: int = 0) -> Value:
    """A parsed value in the types that rules read.

    Raises:
        MalformedError: it is beyond the budget, or holds what JSON has no word for.
    """
    budget.spend(depth)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float | int) and math.isfinite(value):
        return float(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value).items()
        read = {_key(key, budget.place): plain(item, budget, depth + 1) for key, item in entries}
        if len(read) < len(entries):
            raise MalformedError(f"{budget.place}: a key stands there twice, once as a word and once as something else")
        return read
    if isinstance(value, list):
        return [plain(item, budget, depth + 1) for item in cast("list[object]", value)]
    name = value if isinstance(value, float) else f"a {type(value).__name__}"
    raise MalformedError(f"{budget.place}: it holds {name}, which JSON has no word for")


def _key(key: object, place: str) -> str:
    """A key as the server turns it into a word; switches, fractions and nothing are no keys of any API."""
    if isinstance(key, str):
        return key
    if isinstance(key, int) and not isinstance(key, bool):
        return str(key)
    raise MalformedError(f"{place}: it has the key {key}, which is no word: put it in quotes")


def _below(node: yaml.Node, key: str, index: int | None) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and index is not None and index < len(node.value):
        item = cast("list[yaml.Node]", node.value)[index]
        return item.start_mark.line + 1, item
    if isinstance(node, yaml.MappingNode):
        for name, item in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            if name.value == key:
                return name.start_mark.line + 1, item
    return None
