"""What a rule looks at in a resource, said in a way that lets most rules pass by most resources unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
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
        about: the kinds of objects (or `PODS`), the types of resources and their packages (`aws:`) that may hold
            one; empty where any may.
        find: finds them.
    """

    about: frozenset[str]
    find: Callable[[Resource], Iterable[Subject]]

    def __call__(self, resource: Resource) -> Iterable[Subject]:
        """The subjects in a resource."""
        return self.find(resource)

    def __or__(self, other: Selector[Part]) -> Selector[Subject | Part]:
        """Those of this and those of another."""
        about = self.about | other.about if self.about and other.about else frozenset[str]()
        return Selector(about, lambda resource: chain(self.find(resource), other.find(resource)))

    def where(self, holds: Callable[[Subject], bool]) -> Selector[Subject]:
        """Those of which something holds."""
        return Selector(self.about, lambda resource: filter(holds, self.find(resource)))

    def inside(self, parts: Callable[[Subject], Iterable[Part]]) -> Selector[Part]:
        """Parts of each, such as the fields to judge; they are no excuse to look at more than the subjects."""
        return Selector(self.about, lambda resource: (part for each in self.find(resource) for part in parts(each)))


def resources(*types: str) -> Selector[Resource]:
    """What selects a resource itself, if it is of one of some types; `aws:` stands for every type of a package."""

    def select(resource: Resource) -> Iterator[Resource]:
        if not _types(resource).isdisjoint(types):
            yield resource

    return Selector(frozenset(types), select)


def present(resource: Resource) -> frozenset[str]:
    """What `about` may name of a resource."""
    contents = resource.contents
    kinds = (each.kind for each in contents.objects)
    return _types(resource).union(kinds, (PODS,) if contents.pods else ())


def _types(resource: Resource) -> frozenset[str]:
    return frozenset((resource.type, f"{resource.type.partition(':')[0]}:"))
