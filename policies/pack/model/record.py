"""What a rule is: one record, with the function that judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Literal, TypeAlias, TypeVar, cast

from .resource import Resource
from .selector import Selector
from .stack import Stack
from .values import Finding, Unreadable

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]
Subject = TypeVar("Subject")
Scope = TypeVar("Scope")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is said about a rule, once.

    Args:
        id: its name in reports and exemptions; never changes.
        title: what holds where it is kept.
        severity: how bad a violation is.
        enforcement: whether a violation blocks; only what isn't essential in rules.md may be advisory.
        frameworks: the same demand's names elsewhere: `PSS-restricted`, `CIS-5.2.2`, `NSA`, and the peers' ids.
        why: the threat it answers.
        mend: what to write instead.
    """

    id: str
    title: str
    severity: Severity
    enforcement: Literal["mandatory", "advisory"] = "mandatory"
    frameworks: tuple[str, ...] = ()
    why: str
    mend: str


@dataclass(frozen=True)
class Per(Generic[Scope, Subject]):
    """A check of every subject that `select` finds; one that can't be judged doesn't hide the others.

    Args:
        select: the subjects in a resource or a stack: `containers`, `objects("Service")`, …
        check: judges one of them. It may raise Unreadable, through any reader of a Field.
    """

    select: Callable[[Scope], Iterable[Subject]]
    check: Callable[[Subject], Iterable[Finding]]

    def __call__(self, scope: Scope) -> Iterator[Finding]:
        """What is wrong with the subjects in `scope`."""
        for subject in self.select(scope):
            try:
                yield from self.check(subject)
            except Unreadable as unreadable:
                yield unreadable.finding

    @property
    def about(self) -> frozenset[str]:
        """What `select` says it looks at."""
        select: object = self.select
        return cast("Selector[Subject]", select).about if isinstance(select, Selector) else frozenset()


def per(
    select: Callable[[Scope], Iterable[Subject]], check: Callable[[Subject], Iterable[Finding]]
) -> Per[Scope, Subject]:
    """See `Per`."""
    return Per(select, check)


@dataclass(frozen=True, kw_only=True)
class Rule(Record):
    """A rule about one resource and what is in it, asked before the resource's step is carried out."""

    check: Callable[[Resource], Iterable[Finding]]

    @cached_property
    def about(self) -> frozenset[str]:
        """What it looks at; empty for any resource. See `Selector`."""
        check: object = self.check
        return cast("Per[Resource, object]", check).about if isinstance(check, Per) else frozenset()


@dataclass(frozen=True, kw_only=True)
class StackRule(Record):
    """A rule about what the resources of a stack are together, asked when all are known."""

    check: Callable[[Stack], Iterable[Finding]]


AnyRule: TypeAlias = Rule | StackRule
