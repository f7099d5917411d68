"""Property values as the SDK sends them and as the engine holds them.

On the wire a secret is an object marked with a signature, and an unknown is a well-known string
(pulumi's `sdk/go/common/resource/properties.go`). In the engine both are types, so that nothing can
print a secret by accident or take an unknown for text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from google.protobuf import struct_pb2

from rehearsal.errors import RehearsalError

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a public marker, not a secret
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@dataclass(frozen=True)
class Secret:
    """A value that is never printed: its repr and str show that there is one, and nothing of it."""

    value: Value

    def __repr__(self) -> str:
        return "[secret]"


@dataclass(frozen=True)
class Unknown:
    """A value that only an update will know."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()

Value: TypeAlias = "bool | int | float | str | Secret | Unknown | Sequence[Value] | Mapping[str, Value] | None"
Properties: TypeAlias = dict[str, Value]


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties of a protobuf Struct; entries whose value is null are kept as None."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Value:
    match value.WhichOneof("kind"):
        case "string_value":
            return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_marked(value.struct_value)
        case _:
            return None


def _from_marked(struct: struct_pb2.Struct) -> Value:
    if SIGNATURE not in struct.fields:
        return from_struct(struct)
    signature = struct.fields[SIGNATURE].string_value
    if signature == SECRET_SIGNATURE:
        inner = _from_value(struct.fields["value"])
        return inner if isinstance(inner, Secret) else Secret(inner)
    if signature == RESOURCE_SIGNATURE:
        return struct.fields["urn"].string_value
    raise RehearsalError(
        f"a property holds an asset or another special value ({signature}), which the embedded engine can't carry",
        "Use a plain value, or run the stack with --engine pulumi.",
    )


def to_struct(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """The wire form of `properties`, secrets and unknowns marked as the SDK expects them."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        _fill(struct.fields[key], value)
    return struct


def _fill(target: struct_pb2.Value, value: Value) -> None:
    """Make `target` the wire form of `value`: in place, since a copy at each level would copy all that is below."""
    match value:
        case str():
            target.string_value = value
        case dict() | Mapping():
            target.struct_value.SetInParent()
            for key, item in value.items():
                _fill(target.struct_value.fields[key], item)
        case None:
            target.null_value = struct_pb2.NULL_VALUE
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case Unknown():
            target.string_value = UNKNOWN_TEXT
        case Secret():
            _fill(target, {SIGNATURE: SECRET_SIGNATURE, "value": value.value})
        case _:
            target.list_value.SetInParent()
            for item in value:
                _fill(target.list_value.values.add(), item)


# Python's own types are tried before the abstract ones, which take many times as long to tell.


def rebuild(value: Value, leaf: Callable[[Value], Value], secret: Callable[[Value], Value] = Secret) -> Value:
    """A copy of `value` with every leaf passed through `leaf` and every secret's content through `secret`."""
    match value:
        case None | bool() | int() | float() | str() | Unknown():
            return leaf(value)
        case dict() | Mapping():
            return {key: rebuild(item, leaf, secret) for key, item in value.items()}
        case Secret():
            return secret(rebuild(value.value, leaf, secret))
        case _:
            return [rebuild(item, leaf, secret) for item in value]


def _same(value: Value) -> Value:
    return value


def reveal(value: Value) -> Value:
    """`value` with its secrets in clear: for the API that they are meant for, never for output."""
    return rebuild(value, _same, _same)


def reveal_properties(properties: Mapping[str, Value]) -> Properties:
    """`reveal` for whole properties."""
    return {key: reveal(value) for key, value in properties.items()}


def has_unknown(value: Value) -> bool:
    """Whether anything in `value` is known only by an update."""
    match value:
        case None | bool() | int() | float() | str():
            return False
        case dict() | Mapping():
            return any(has_unknown(item) for item in value.values())
        case Unknown():
            return True
        case Secret():
            return has_unknown(value.value)
        case _:
            return any(has_unknown(item) for item in value)


def has_secret(value: Value) -> bool:
    """Whether anything in `value` is secret."""
    match value:
        case None | bool() | int() | float() | str() | Unknown():
            return False
        case dict() | Mapping():
            return any(has_secret(item) for item in value.values())
        case Secret():
            return True
        case _:
            return any(has_secret(item) for item in value)


def plain(value: Value) -> object:
    """`value` for people and machines: secrets and unknowns by their marks only."""
    match value:
        case Secret() | Unknown():
            return repr(value)
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return [plain(item) for item in value]


def mapping(value: Value) -> Mapping[str, Value]:
    """`value` if it is a mapping (inside a secret too), else an empty one."""
    inner = value.value if isinstance(value, Secret) else value
    return inner if isinstance(inner, Mapping) else {}


def text(value: Value) -> str:
    """`value` if it is known text, else the empty string."""
    return value if isinstance(value, str) else ""


def from_json(value: object) -> Value:
    """A value out of parsed JSON or YAML, whose types are a subset of ours."""
    return cast("Value", value)
