"""Plain values as they come in: a `.env`, YAML, JSON, or manifests of Kubernetes Secrets. Never from a file of ours.

No error repeats anything of the input, not even a key: a private key's line, cut out of its quotes, reads like one.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import yaml
from dotenv.parser import parse_stream

from runbook.errors import RunbookError

_ENV_LINE: Final = re.compile(r"^\s*(?:export\s+)?[\w.-]+\s*=", re.MULTILINE)
_JSON: Final = re.compile(r"[\[{]\s*[\"\[{}\]]")
"""`{"` and so on; a mapping of YAML can begin with a brace as well."""
_FIRST_LINE: Final = re.compile(r"^(?![ \t]*(?:#|$)).*$", re.MULTILINE)
_BINARY: Final = "tag:yaml.org,2002:binary"
_FORMS: Final = "Give KEY=value lines, {<key>: <value>}, {<secret>: {<key>: <value>}}, or manifests of Secrets."


@dataclass(frozen=True, kw_only=True)
class Given:
    """One plain value.

    Attributes:
        secret: the secret it was given for; None if only its key is known.
        key: as it was written.
        value: never shown, not even by an accidental repr.
        where: "line 7", for errors.
    """

    secret: str | None
    key: str = field(repr=False)
    value: bytes = field(repr=False)
    where: str


def read(content: bytes) -> list[Given]:
    """The values in a document; its first line tells which form it has.

    Raises:
        RunbookError: it is in none of the forms, or names a value twice.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise RunbookError(
            "Standard input is not UTF-8 text.", "A binary value is given alone: seal STACK SECRET KEY < file."
        ) from None
    text = text.removeprefix("\ufeff")
    first = _FIRST_LINE.search(text)
    if first is None:
        raise RunbookError("Standard input is empty.", _FORMS)
    if _JSON.match(text[first.start() :].lstrip()):
        found = _json(text)
    elif _ENV_LINE.match(first.group()):
        found = list(_env(text))
    else:
        found = list(_yaml(text))
    return found


def _env(text: str) -> Iterator[Given]:
    seen = set[str]()
    for binding in parse_stream(io.StringIO(text)):
        if binding.key is None and not binding.error:
            continue  # a comment, or nothing
        where = f"line {binding.original.line}"
        if binding.error or binding.key is None or binding.value is None:
            raise RunbookError(f"{where.capitalize()} of standard input is not KEY=value.", "Quote what spans lines.")
        _once(seen, binding.key, where)
        yield Given(secret=None, key=binding.key, value=binding.value.encode(), where=where)


def _once(seen: set[str], name: str, where: str) -> None:
    if name in seen:
        raise RunbookError(f"{where.capitalize()} of standard input names a value again.", "Keep the one that counts.")
    seen.add(name)


class _Pairs(list[tuple[str, object]]):
    """An object of JSON, what is named twice included."""


def _json(text: str) -> list[Given]:
    try:
        # Numbers as they are written: 5432 is text in a Secret.
        document = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise RunbookError(f"Line {error.lineno} of standard input is not valid JSON.", _FORMS) from None
    return list(_entries(_tree(document, iter(range(1, len(text) + 1)))))


@dataclass(frozen=True)
class _Node:
    """A value and where it stands, whichever form it came in: a scalar's bytes, or members by key."""

    where: str
    value: bytes | Sequence[tuple[str, _Node]] | None = field(repr=False)
    items: Sequence[_Node] = ()


def _tree(value: object, count: Iterator[int]) -> _Node:
    where = f"entry {next(count)}"
    if isinstance(value, str):
        return _Node(where, value.encode())
    if isinstance(value, _Pairs):
        return _Node(where, [(key, _tree(each, count)) for key, each in value])
    if isinstance(value, list):
        return _Node(where, None, [_tree(each, count) for each in cast("list[object]", value)])
    return _Node(where, None)


def _yaml(text: str) -> Iterator[Given]:
    try:
        # Composed, not constructed: every scalar stays as it is written (`yes`, 0123, 5432).
        for document in yaml.compose_all(text, Loader=yaml.CBaseLoader):
            yield from _entries(_of_yaml(document))
    except yaml.MarkedYAMLError as error:
        line = f"Line {error.problem_mark.line + 1}" if error.problem_mark else "A line"
        raise RunbookError(f"{line} of standard input is not valid YAML.", _FORMS) from None
    except yaml.YAMLError:
        raise RunbookError("Standard input is not valid YAML.", _FORMS) from None


def _of_yaml(node: yaml.Node) -> _Node:
    where = f"line {node.start_mark.line + 1}"
    if isinstance(node, yaml.MappingNode):
        pairs = cast("list[tuple[yaml.Node, yaml.Node]]", node.value)
        return _Node(where, [(str(key.value), _of_yaml(each)) for key, each in pairs])
    if isinstance(node, yaml.SequenceNode):
        return _Node(where, None, [_of_yaml(each) for each in cast("list[yaml.Node]", node.value)])
    text = str(node.value)
    return _Node(where, _decoded(text, where) if node.tag == _BINARY else text.encode())


def _entries(root: _Node) -> Iterator[Given]:
    """The values of a document: of manifests, of secrets by name, or of keys alone."""
    for item in root.items:
        yield from _entries(item)
    members = _members(root) if not root.items else {}
    kind = members.get("kind")
    if kind is not None and kind.value == b"Secret":
        yield from _manifest(members)
    elif kind is not None and isinstance(kind.value, bytes) and kind.value.endswith(b"List") and "items" in members:
        yield from _entries(members["items"])
    else:
        for key, node in members.items():
            if isinstance(node.value, bytes):
                yield Given(secret=None, key=key, value=node.value, where=node.where)
            else:
                yield from _keys(key, node)


def _keys(secret: str, node: _Node) -> Iterator[Given]:
    for key, each in _members(node).items():
        if not isinstance(each.value, bytes):
            raise RunbookError(f"{each.where.capitalize()} of standard input is no text.", _FORMS)
        yield Given(secret=secret, key=key, value=each.value, where=each.where)


def _manifest(members: dict[str, _Node]) -> Iterator[Given]:
    metadata = members.get("metadata")
    name = _members(metadata).get("name") if metadata else None
    if name is None or not isinstance(name.value, bytes):
        raise RunbookError("A Secret's manifest on standard input has no name.", "Write metadata: {name: <secret>}.")
    for part, coded in (("data", True), ("stringData", False)):
        for given in _keys(name.value.decode(), members[part]) if part in members else ():
            value = _decoded(given.value.decode(), given.where) if coded else given.value
            yield Given(secret=given.secret, key=given.key, value=value, where=given.where)


def _members(node: _Node) -> dict[str, _Node]:
    if isinstance(node.value, bytes) or node.value is None:
        raise RunbookError(f"{node.where.capitalize()} of standard input is no mapping.", _FORMS)
    seen = set[str]()
    for key, each in node.value:
        _once(seen, key, each.where)
    return dict(node.value)


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise RunbookError(
            f"{where.capitalize()} of standard input is not base64.", "Put what is no base64 under stringData."
        ) from None
