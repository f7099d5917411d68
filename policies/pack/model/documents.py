"""YAML documents as values that rules can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, cast

import yaml

from .values import Opaque, Value

MAX_DEPTH: Final = 100
"""Levels of nesting that are looked through; no API has objects as deep, and a deeper value counts as malformed."""
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where libyaml is there: ten times as fast


class MalformedError(Exception):
    """A text is no YAML that rules could judge; the message says where."""


def documents(text: str) -> Iterator[Value]:
    """The documents of a YAML stream, empty ones aside.

    Raises:
        MalformedError: it is no YAML, or nested beyond any object.
    """
    try:
        for document in yaml.load_all(text, Loader=_LOADER):
            if document is not None:
                yield plain(document)
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise MalformedError(f"{where}{error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise MalformedError(str(error).splitlines()[0]) from None
    except RecursionError:
        raise MalformedError("it is nested too deeply") from None


def plain(value: object, depth: int = 0) -> Value:
    """A parsed value in the types that rules read; what is no JSON, or too deep, is malformed."""
    if depth > MAX_DEPTH:
        return Opaque.MALFORMED
    if value is None or isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value).items()
        return {str(key): plain(item, depth + 1) for key, item in entries}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in cast("list[object]", value)]
    return Opaque.MALFORMED
