"""What a rule looks at in a resource, said in a way that lets most rules pass by most resources unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from .resource import Resource

Subject = TypeVar("Subject")
Part = TypeVar("Part")

PODS: Final = "pods of any kind"
"""Stands in `about` for every object that describes a pod."""


@dataclass(frozen=True)
class Selector(Generic[Subject]):
    """Finds the subjects of a rule in a resource.

    Args:
        about: the kinds of objects (or `PODS`) and the types of resources that may hold one; empty where any may.
        find: finds them.
    """

    about: frozenset[str]
    find: Callable[[Resource], Iterable[Subject]]

    def __call__(self, resource: Resource) -> Iterable[Subject]:
        """The subjects in a resource."""
        return self.find(resource)

    def where(self, holds: Callable[[Subject], bool]) -> Selector[Subject]:
        """Those of which something holds."""
        return Selector(self.about, lambda resource: filter(holds, self.find(resource)))

    def inside(self, parts: Callable[[Subject], Iterable[Part]]) -> Selector[Part]:
        """Parts of each, such as the fields to judge; they are no excuse to look at more than the subjects."""
        return Selector(self.about, lambda resource: (part for each in self.find(resource) for part in parts(each)))


def present(resource: Resource) -> frozenset[str]:
    """What `about` may name of a resource."""
    contents = resource.contents
    return frozenset((resource.type, *(each.kind for each in contents.objects), *((PODS,) if contents.pods else ())))
