"""From Pulumi's properties to AWS' requests, by botocore's own description of each operation.

The two differ in how they write names (`sseAlgorithm`, `SSEAlgorithm`), and in tags. What botocore has no name for is
an argument that the engine doesn't carry out, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rehearsal.engine.providers.aws_server import operation
from rehearsal.engine.wire import Secret, Unknown, Value
from rehearsal.errors import RehearsalError

Request = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation of AWS.

    Args:
        method: as boto names it.
        takes: property -> where it goes in the request (`Bucket`, `Tagging.TagSet`; `Rules[]` for the only one of a
            list).
        fixed: what the request holds in any case, by the same paths.
        when: only where that property has that value.
    """

    method: str
    takes: Mapping[str, str] = field(default_factory=dict[str, str])
    fixed: Mapping[str, object] = field(default_factory=dict[str, object])
    when: tuple[str, Value] | None = None

    def wanted(self, properties: Mapping[str, Value]) -> bool:
        """Whether it is to be made at all."""
        return self.when is None or properties.get(self.when[0]) == self.when[1]

    def request(self, service: str, properties: Mapping[str, Value]) -> Request:
        """What to ask; parts that aren't known yet are left out.

        Raises:
            RehearsalError: AWS has no such argument.
        """
        shape = operation(service, self.method).input_shape
        request: Request = {}
        for path, value in self.fixed.items():
            _put(request, path, value)
        for key, path in self.takes.items():
            value = properties.get(key)
            if value is not None:
                _put(request, path, _converted(_at(shape, path), value, key))
        return request


def _put(request: Request, path: str, value: object) -> None:
    *way, last = path.split(".")
    place = request
    for step in way:
        place = cast("Request", place.setdefault(step, {}))
    if last.endswith("[]"):
        place[last.removesuffix("[]")] = [value]
    else:
        place[last] = value


def _at(shape: Shape | None, path: str) -> Shape:
    for step in path.split("."):
        if not isinstance(shape, StructureShape):
            raise KeyError(path)
        shape = shape.members[step.removesuffix("[]")]
        if step.endswith("[]") and isinstance(shape, ListShape):
            shape = shape.member
    if shape is None:
        raise KeyError(path)
    return shape


def _converted(shape: Shape, value: Value, where: str) -> object:
    if isinstance(value, Secret):
        return _converted(shape, value.value, where)
    if isinstance(value, Unknown):
        return None
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            return _structure(shape, value, where)
        case ListShape(member=StructureShape() as entry) if isinstance(value, Mapping):
            return [dict(zip(entry.members, tag, strict=False)) for tag in _tags(value, entry)]
        case ListShape() if isinstance(value, Sequence) and not isinstance(value, str):
            return [_converted(shape.member, each, f"{where}[{index}]") for index, each in enumerate(value)]
        case StructureShape() | ListShape() | MapShape():
            raise RehearsalError(f"{where} is not what AWS takes there", "Give it as pulumi-aws does.")
        case _:
            return value


def _tags(value: Mapping[str, Value], entry: StructureShape) -> list[tuple[str, Value]]:
    if len(entry.members) != 2:  # noqa: PLR2004 a tag's key and its value
        raise RehearsalError("a mapping stands where AWS takes a list", "Give it as pulumi-aws does.")
    return sorted(value.items())


def _structure(shape: StructureShape, value: Mapping[str, Value], where: str) -> Request:
    members = {name.lower(): name for name in shape.members}
    found: Request = {}
    for key, inner in value.items():
        if inner is None or key == "__defaults":
            continue
        name = members.get(key.lower())
        if name is None:
            raise RehearsalError(
                f"the embedded engine does not carry out {where}.{key}",
                "Leave it out, or run the stack with --engine pulumi.",
            )
        found[name] = _converted(shape.members[name], inner, f"{where}.{key}")
    return found
