"""Asks every rule about a resource or a stack, so that none is silenced: by an unknown, by another, or by a crash."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, TypeVar

from .catalogue import EXEMPTIONS, RULES, STACK_RULES
from .exemptions import Exemptions
from .model.record import AnyRule, Rule
from .model.resource import Resource
from .model.selector import present
from .model.stack import Stack
from .model.values import Field, Finding, Unreadable
from .unknowns import allowed

Scope = TypeVar("Scope")
Check: TypeAlias = Callable[[Scope], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One finding of one rule."""

    rule: AnyRule
    finding: Finding

    @property
    def message(self) -> str:
        """What is wrong and how to mend it, in two lines."""
        return f"{self.finding.place} {self.finding.problem}.\n{self.rule.mend}"


@dataclass(frozen=True)
class Judge:
    """All rules, and what is exempt from them."""

    exemptions: Exemptions
    _about: dict[frozenset[str], tuple[Rule, ...]] = field(default_factory=dict[frozenset[str], tuple[Rule, ...]])
    """The rules with anything to look at in a resource, by what is present in it: most resources are of few sorts."""

    def __reduce__(self) -> tuple[type[Judge], tuple[Exemptions]]:
        """What goes to another process, which has the rules: they are functions, and those can't go."""
        return Judge, (self.exemptions,)

    def resource(self, resource: Resource) -> Iterator[Verdict]:
        """What the rules about single resources find, exemptions aside."""
        here = present(resource)
        if here not in self._about:
            self._about[here] = tuple(rule for rule in RULES if not rule.about or not rule.about.isdisjoint(here))
        for rule in self._about[here]:
            yield from self.verdicts(rule, rule.check, resource, resource.root)

    def stack(self, stack: Stack) -> Iterator[Verdict]:
        """What the rules about whole stacks find, exemptions aside; the exemptions themselves are judged here too.

        Asked after `resource` was for every resource, since only then is it known which exemption nobody needs.
        """
        for rule in STACK_RULES:
            yield from self.verdicts(rule, rule.check, stack, stack.root)
        for problem in self.exemptions.problems(stack.context.stack):
            yield Verdict(rule=EXEMPTIONS, finding=stack.root.finding(problem))

    def verdicts(self, rule: AnyRule, check: Check[Scope], scope: Scope, place: Field) -> list[Verdict]:
        """What one rule's check finds, exemptions aside; `place` is where a crash of it is told.

        A list, as is all below: most rules find nothing in most resources, and then a generator is all the work.
        """
        if not (found := _found(check, scope, place)):
            return []
        return [
            Verdict(rule=rule, finding=finding)
            for finding in dict.fromkeys(found)
            if not (finding.opaque and allowed(finding)) and not self.exemptions.cover(rule.id, finding)
        ]


def _found(check: Check[Scope], scope: Scope, place: Field) -> list[Finding]:
    found: list[Finding] = []
    try:
        for finding in check(scope):
            found.append(finding)  # noqa: PERF402 one by one, so that what comes before a crash is kept
    except Unreadable as unreadable:
        found.append(unreadable.finding)
    except Exception as error:  # noqa: BLE001 a rule that crashes blocks, and lets the others be heard
        # Where, not what: the text of an error may quote a value.
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}, line {last.lineno}"
        found.append(place.finding(f"can't be judged: the rule itself failed ({type(error).__name__} in {where})"))
    return found
