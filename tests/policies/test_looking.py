"""Each rule looks at something in the real stacks, or a note says why nothing there is its business."""

from __future__ import annotations

from typing import Final

import pytest

from policies.pack.catalogue import EXEMPTIONS, RULES, STACK_RULES
from policies.pack.judge import Check, Judge, Scope, Verdict
from policies.pack.model.record import AnyRule
from policies.pack.model.values import Field
from tests.policies.mutation import STACKS, judged

_AWS: Final = "no committed stack keeps anything at AWS; tests/aws/test_policies.py and aws_stack.py do"
_INGRESS: Final = "the committed entry is the gateway; `entry: ingress` is seen in test_ingress"
NOTES: Final = {
    "acm-": _AWS,
    "aws-": _AWS,
    "iam-": _AWS,
    "kms-": _AWS,
    "route53-": _AWS,
    "s3-": _AWS,
    "secretsmanager-": _AWS,
    "provider-no-static-keys": _AWS,
    "provider-pinned-account": _AWS,
    "ingress-": _INGRESS,
    "changes-compared": "no resource of the stacks ignores changes",
    "coverage-known-type": "it looks at types alone, and every one is known",
    "data-outlives-objects": "the committed foundation holds no data; see test_change_safety_data",
    "rbac-no-open-aggregation": "no role of the stacks is aggregated",
    "secrets-not-made-by-charts": "the chart makes no Secret",
    "volume-no-host-path": "no stack declares a PersistentVolume",
    "workload-no-bare-pods": "no stack declares a Pod by itself",
}
"""Why a rule, or all whose names begin so, has nothing to look at."""


def _looked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The rules that asked for a field of something that is there, in any of the stacks."""
    found: set[str] = set()
    current = ""
    child, at, verdicts = Field.child, Field.at, Judge.verdicts

    def noted(self: Field, *keys: str) -> Field:
        if isinstance(self.value, dict):  # whether the field is set or not: what isn't may be just what it wants
            found.add(current)
        return at(self, *keys) if keys[1:] else child(self, *keys)

    def asked(self: Judge, rule: AnyRule, check: Check[Scope], scope: Scope, place: Field) -> list[Verdict]:
        nonlocal current
        current = rule.id
        told = verdicts(self, rule, check, scope, place)
        current = ""
        return told

    with monkeypatch.context() as patch:
        patch.setattr(Field, "child", noted)
        patch.setattr(Field, "at", noted)
        patch.setattr(Judge, "verdicts", asked)
        for stack in STACKS:
            judged(stack)
    return found - {""}


def test_each_rule_looks_at_something_or_a_note_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = {rule.id for rule in (*RULES, *STACK_RULES) if rule is not EXEMPTIONS} - _looked(monkeypatch)
    assert {rule for rule in idle if not rule.startswith(tuple(NOTES))} == set()
    assert {note for note in NOTES if not any(rule.startswith(note) for rule in idle)} == set()
