"""JSON inside a string, read as if it had been written as fields."""

from __future__ import annotations

import json

from .plain import MalformedError, Reader
from .values import Field, Opaque, Value


def parsed(field: Field) -> Field:
    """`field` with what its JSON says in place of the text; as it is where it holds no text, or an empty one.

    A key that stands twice makes it malformed, as does anything that isn't JSON: AWS would read it in its own way.
    """
    return (
        Field(field.source, field.path, _read(field.value)) if isinstance(field.value, str) and field.value else field
    )


def _read(text: str) -> Value:
    try:
        document: object = json.loads(text, object_pairs_hook=_once)
        return Reader(place="it").read(document)
    except (ValueError, RecursionError, MalformedError):
        return Opaque.MALFORMED


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found
