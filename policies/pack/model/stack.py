"""A stack as a whole: every resource with its inputs, and the joins that rules need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

from .objects import Object, own_objects
from .resource import Context, Resource
from .values import Field, Source, Unreadable

STACK_TYPE = "pulumi:pulumi:Stack"
REFERENCE_TYPE = "pulumi:pulumi:StackReference"
GATE_TYPE = "stratmaster:components:Gate"

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """All that a stack will be once the update is done.

    Args:
        context: which stack it is.
        resources: every resource, look-ups and references to other stacks among them.
        reads: the URNs of those that are only looked up.
    """

    context: Context
    resources: tuple[Resource, ...]
    reads: frozenset[str] = frozenset()
    _made: dict[object, object] = field(default_factory=dict[object, object], init=False)

    def once(self, make: Callable[[Stack], Made]) -> Made:
        """What `make` makes of this stack, made once however many rules ask for it."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("Made", self._made[make])

    @cached_property
    def root(self) -> Field:
        """The stack itself as a place, for what is missing in it."""
        for resource in self.resources:
            if resource.type == STACK_TYPE:
                return resource.root
        return Field(Source(urn="", type=STACK_TYPE), "", None)

    @cached_property
    def by_urn(self) -> Mapping[str, Resource]:
        """The resources by URN."""
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Object]]:
        found: dict[str, list[Object]] = defaultdict(list)
        for resource in self.resources:
            if resource.urn not in self.reads:
                for each in resource.contents.objects:
                    found[each.kind].append(each)
        return found

    def objects(self, *kinds: str) -> Iterator[Object]:
        """The objects of some kinds that the stack declares, in Helm releases too; all if no kind is named."""
        for kind in kinds or tuple(self._by_kind):
            yield from self._by_kind.get(kind, ())

    def of_type(self, *types: str) -> Iterator[Resource]:
        """The resources of some Pulumi types, look-ups aside."""
        return (each for each in self.resources if each.type in types and each.urn not in self.reads)

    @cached_property
    def _held(self) -> tuple[Resource, ...]:
        """What the program's gate looked up before it let anything be made (components/gate.py).

        Engines differ in whether they show look-ups to a pack: the one of Pulumi 3.260 doesn't.
        """
        return tuple(
            Resource(
                urn=gate.urn,
                type=seen.child("type").text() or "",
                properties={key: field.value for key, field in seen.child("properties").entries().items()},
                context=self.context,
                look_into=own_objects,
            )
            for gate in self.of_type(GATE_TYPE)
            for seen in gate.root.child("held").elements()
        )

    def looked_up(self, kind: str) -> Iterator[Object]:
        """The objects of a kind that the stack looks up in the cluster; raises Unreadable if that can't be known."""
        read = (self.by_urn[urn] for urn in self.reads if urn in self.by_urn)
        found = (each for resource in (*read, *self._held) for each in resource.contents.objects)
        return (each for each in found if each.kind == kind)

    def references(self) -> Iterator[Resource]:
        """The references to other stacks; what was read is in `outputs` of their properties."""
        return (each for each in (*self.resources, *self._held) if each.type == REFERENCE_TYPE)


def declared(*kinds: str) -> Callable[[Stack], Iterator[Object]]:
    """What selects the objects of some kinds in a stack."""
    return lambda stack: stack.objects(*kinds)


def selects(selector: Field, labels: Mapping[str, str]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) selects a pod with `labels`; an empty one selects all.

    Raises:
        Unreadable: the selector can't be judged.
    """
    if any(labels.get(key) != entry.text() for key, entry in selector.child("matchLabels").entries().items()):
        return False
    return all(_matches(expression, labels) for expression in selector.child("matchExpressions").elements())


def _matches(expression: Field, labels: Mapping[str, str]) -> bool:
    own = labels.get(expression.child("key").text() or "")
    values = [value.text() for value in expression.child("values").elements()]
    match expression.child("operator").text():
        case "In":
            return own in values
        case "NotIn":
            return own not in values
        case "Exists":
            return own is not None
        case "DoesNotExist":
            return own is None
        case _:
            raise Unreadable(expression.child("operator").unreadable())
