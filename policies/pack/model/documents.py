"""YAML documents as values that rules can read, and as the server would read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar, cast

import ryaml
import yaml

from . import scalars
from .lines import line_of
from .plain import MAX_DEPTH, DoubtfulError, MalformedError, Reader
from .values import Value

_T = TypeVar("_T")
_TAG: Final = re.compile(r"(?:^|[-:?,\[{]|&[\w-]+)[ \t]*!", re.MULTILINE)
"""What may begin a tag; a `!` in the middle of a word or of an expression is none."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document of a stream: its value, and which of the stream's it is, empty ones aside."""

    value: Value
    text: str = field(repr=False)
    index: int

    def line_of(self, path: str = "") -> int:
        """See `line_of`."""
        return line_of(self.text, self.index, path)


def documents(text: str) -> Iterator[Document]:
    """The documents of a YAML stream, empty ones aside.

    Read by a parser of YAML 1.2 that is five times as fast as PyYAML, wherever the server reads the same; PyYAML reads
    the rest as the server does, and says where something is wrong.

    Raises:
        MalformedError: it is no YAML, says something twice, or is beyond any object in depth or size.
    """
    values = _fast(text)
    if values is None:
        values = _values(_exact(text), exact=True)
    return (Document(value=value, text=text, index=index) for index, value in enumerate(values))


def _fast(text: str) -> list[Value] | None:
    """The values, if it makes no difference which version of YAML they are read by."""
    if "<<" in text or ("!" in text and _TAG.search(text)):  # merged mappings and tags
        return None
    try:
        parsed = cast("list[object]", ryaml.loads_all(text) or [])  # pyright: ignore[reportPrivateImportUsage] its stub names nothing as exported
        return _values(parsed, exact=False)
    except (ryaml.InvalidYamlError, ValueError, DoubtfulError):  # pyright: ignore[reportPrivateImportUsage] likewise
        return None


def _exact(text: str) -> list[object]:
    try:
        return list(cast("Iterator[object]", yaml.load_all(text, Loader=_Loader)))
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise MalformedError(f"{where}{error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise MalformedError(str(error).splitlines()[0]) from None
    except RecursionError:
        raise MalformedError(f"it is nested more than {MAX_DEPTH} levels deep") from None


def _values(parsed: Iterable[object], *, exact: bool) -> list[Value]:
    given = (value for value in parsed if value is not None)
    return [Reader(place=f"document {number}", exact=exact).read(value) for number, value in enumerate(given, 1)]


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
