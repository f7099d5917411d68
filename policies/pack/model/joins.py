"""Which resource another one belongs to: by the name it gives, or by the output it is made from.

At a first preview the name is mostly unknown: the id of a bucket that isn't there yet. The engine says what an input
depends on, and that is enough where it is one resource of the right type.
"""

from __future__ import annotations

from .resource import Resource
from .stack import Stack
from .values import Field, Finding, Unreadable, Value


def made_from(stack: Stack, part: Resource, key: str, *types: str) -> list[Resource]:
    """The resources of some types whose outputs an input (its first key) is made from."""
    urns = part.options.property_dependencies.get(key.split(".", 1)[0], ())
    found = (stack.by_urn[urn] for urn in urns if urn in stack.by_urn)
    return [each for each in found if each.type in types]


def owner(stack: Stack, part: Resource, key: str, name: str, *types: str) -> Resource | None:
    """The resource of some types that `part` is about; None where that is none of this stack's.

    Args:
        stack: the stack of both.
        part: the part, such as a bucket's policy.
        key: its input that names the owner.
        name: the owner's own input with its name.
        types: the owner's types.

    Raises:
        Unreadable: it can't be told.
    """
    field = part.root.child(key)
    sources = made_from(stack, part, key, *types)
    if isinstance(field.value, str):
        named = [each for each in stack.resources if each.type in types and _name(each, name) == field.value]
        sources = named or [each for each in sources if not isinstance(_name(each, name), str)]
        if not sources:
            return None
    if len(sources) != 1:
        raise Unreadable(_ambiguous(field, sources))
    return sources[0]


def _name(resource: Resource, key: str) -> Value:
    return resource.properties.get(key)


def _ambiguous(field: Field, sources: list[Resource]) -> Finding:
    return field.finding(f"could mean any of {len(sources)} resources") if sources else field.unreadable()
