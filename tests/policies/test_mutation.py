"""Start from the real stacks, break one thing: exactly the rule that forbids it fires."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

import pytest

from policies.pack.catalogue import EXEMPTIONS, RULES, STACK_RULES
from tests.policies.mutation import STACKS, Edit, Mutant, judged

MUTANTS: Final[tuple[Mutant, ...]] = tuple(
    mutant
    for file in sorted(Path(__file__).parent.glob("mutants_*.py"))
    for mutant in importlib.import_module(f"tests.policies.{file.stem}").MUTANTS
)
ESSENTIAL: Final = [
    rule.id
    for rule in (*RULES, *STACK_RULES)
    if rule.enforcement == "mandatory" and rule is not EXEMPTIONS  # no stack breaks that one: see test_exemptions
]


@pytest.mark.parametrize("stack", STACKS)
def test_the_real_stack_breaks_no_rule(stack: str) -> None:
    assert judged(stack) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant.rule}-{index}" for index, mutant in enumerate(MUTANTS)])
def test_a_broken_stack_is_blocked_by_the_rule_that_forbids_it(mutant: Mutant) -> None:
    said = judged(mutant.stack, mutant.change)
    assert {each.rule for each in said} == {mutant.rule, *mutant.also}, said


TWINS: Final = [(mutant, mutant.change) for mutant in MUTANTS if isinstance(mutant.change, Edit)]


@pytest.mark.parametrize(
    ("mutant", "edit"), TWINS, ids=[f"{each.rule}-{index}" for index, (each, _) in enumerate(TWINS)]
)
def test_the_same_field_unknown_is_blocked_too(mutant: Mutant, edit: Edit) -> None:
    said = judged(mutant.stack, edit.unknown())
    assert any(each.mandatory for each in said)


@pytest.mark.parametrize("rule", ESSENTIAL)
def test_every_essential_rule_has_a_mutant(rule: str) -> None:
    assert rule in {mutant.rule for mutant in MUTANTS}
