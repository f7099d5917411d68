"""Property values of the analyzer protocol, with what the policy SDK loses: which are unknown, and which secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..model.plain import MAX_DEPTH
from ..model.values import Opaque, Value

if TYPE_CHECKING:
    from google.protobuf import struct_pb2

# sdk/go/common/resource/properties.go and sdk/go/common/resource/plugin/rpc.go
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 a mark, not a secret
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # a string, or anything
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # an asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # an archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # an object
    }
)


class Reader:
    """Reads one resource's properties, remembering the paths of the secrets in it."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()

    def properties(self, struct: struct_pb2.Struct) -> dict[str, Value]:
        """The properties of a resource."""
        return {key: self._value(value, key, 0) for key, value in struct.fields.items()}

    def _value(self, value: struct_pb2.Value, path: str, depth: int) -> Value:
        if depth > MAX_DEPTH:
            return Opaque.MALFORMED
        match value.WhichOneof("kind"):
            case "string_value":
                return Opaque.UNKNOWN if value.string_value in _UNKNOWN else value.string_value
            case "number_value":
                return value.number_value
            case "bool_value":
                return value.bool_value
            case "list_value":
                items = enumerate(value.list_value.values)
                return [self._value(item, f"{path}[{index}]", depth + 1) for index, item in items]
            case "struct_value":
                return self._mapping(value.struct_value, path, depth)
            case _:
                return None

    def _mapping(self, struct: struct_pb2.Struct, path: str, depth: int) -> Value:
        fields = struct.fields
        if _SIGNATURE in fields:
            match fields[_SIGNATURE].string_value:
                case s if s == _SECRET:
                    self.secrets.add(path)
                    return self._value(fields["value"], path, depth + 1)
                case s if s == _OUTPUT:
                    if fields["secret"].bool_value:
                        self.secrets.add(path)
                    return self._value(fields["value"], path, depth + 1) if "value" in fields else Opaque.UNKNOWN
                case s if s in {_ASSET, _ARCHIVE, _RESOURCE}:
                    pass
                case _:
                    return Opaque.UNKNOWN
        own = ((key, item) for key, item in fields.items() if key != _SIGNATURE)
        return {key: self._value(item, f"{path}.{key}" if path else key, depth + 1) for key, item in own}
