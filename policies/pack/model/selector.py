"""What a rule looks at in a resource, said in a way that lets most rules pass by most resources unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from .resource import Resource

Subject = TypeVar("Subject")

PODS: Final = "pods of any kind"
"""Stands in `about` for every object that describes a pod."""


@dataclass(frozen=True)
class Selector(Generic[Subject]):
    """Finds the subjects of a rule in a resource.

    Args:
        about: the kinds of objects that may hold one (or `PODS`); empty where any may.
        find: finds them.
    """

    about: frozenset[str]
    find: Callable[[Resource], Iterator[Subject]]

    def __call__(self, resource: Resource) -> Iterator[Subject]:
        """The subjects in a resource."""
        return self.find(resource)


def present(resource: Resource) -> frozenset[str]:
    """What `about` may name of a resource."""
    objects = resource.contents.objects
    kinds = {each.kind for each in objects}
    return frozenset(kinds | {PODS} if any(each.pods for each in objects) else kinds)
