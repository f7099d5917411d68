"""Names of resources: `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`."""

from __future__ import annotations

from typing import Final

STACK_TYPE: Final = "pulumi:pulumi:Stack"


def make(*, stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; `parent` is its parent's URN, or empty.

    The root stack doesn't qualify its children's types (pulumi's `resource.NewURN`).
    """
    parent_type = qualified_type(parent) if parent else ""
    if parent_type and parent_type != STACK_TYPE:
        type_ = f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{type_}::{name}"


def qualified_type(urn: str) -> str:
    """The type with those of its parents before it."""
    return urn.split("::", 3)[2]


def name(urn: str) -> str:
    """The logical name."""
    return urn.split("::", 3)[3]


def type_token(urn: str) -> str:
    """The type alone."""
    return qualified_type(urn).rsplit("$", 1)[-1]
