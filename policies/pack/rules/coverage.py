"""What the pack can see: what it can't look into, or doesn't know, doesn't pass for safe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.aws_types import AWS_TYPES
from ..model.kinds import BUILT_IN_GROUPS, known_without_pods
from ..model.pods import hidden
from ..model.record import Rule
from ..model.resource import Resource
from ..model.values import Finding

_OWN_PREFIXES: Final = ("pulumi:", "stratmaster:")
"""The engine's own types and this project's components: nothing but what is declared below them exists."""
_WITHOUT_WORKLOADS: Final = ("random:",)
"""Other providers whose types run nothing and open nothing; those of AWS are listed one by one."""


def _seen(resource: Resource) -> Iterator[Finding]:
    yield from resource.contents.unreadable
    for each in resource.contents.objects:
        for pod in each.pods:
            yield from pod.unreadable
        yield from hidden(each)
        if each.group not in BUILT_IN_GROUPS and not each.pods and not known_without_pods(each.group, each.kind):
            yield each.root.child("kind").finding("is a kind that no rule knows, and it may run pods")


def _known(resource: Resource) -> Iterator[Finding]:
    if resource.type.startswith((*_OWN_PREFIXES, *_WITHOUT_WORKLOADS, "kubernetes:")) or resource.type in AWS_TYPES:
        return
    yield resource.root.finding("has a type that no rule knows, and it may run anything")


SEEN: Final = Rule(
    id="coverage-readable",
    title="Every object, pod and container can be looked into",
    severity="critical",
    why="An unknown value, a chart that doesn't render or a kind that nobody knows can hide a privileged pod.",
    mend="Give the value as config or take it from an input, not an output; a new kind is taught to model/kinds.py.",
    check=_seen,
)

KNOWN: Final = Rule(
    id="coverage-known-type",
    title="Every resource has a type that the rules know",
    severity="high",
    why="A type that nobody wrote a rule for may be a virtual machine, a function or a public bucket.",
    mend="Write rules for the type and name it in rules/coverage.py, or exempt it with a reason.",
    check=_known,
)

RULES: Final = (SEEN, KNOWN)
