"""One stack's preview as a pull request shows it, whichever engine made it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from rehearsal.engine import urn as urns
from rehearsal.engine.diff import FieldChange
from rehearsal.engine.events import Op, Result, Step
from rehearsal.engine.wire import Secret

Json: TypeAlias = Mapping[str, object]
"""A parsed JSON object of somebody else's making."""

_SECRETS: Final = ("kubernetes:core/v1:Secret", "kubernetes:core/v1:SecretPatch")
_HIDDEN: Final = ("data", "stringData")


@dataclass(frozen=True, kw_only=True)
class Preview:
    """One stack's preview.

    Args:
        result: what it said; its steps are those that change something, and the components that they belong to.
        counts: how many resources would be created, updated and so on, the stack itself aside.
        judged: whether a policy pack ran; None where the form that was read doesn't tell.
    """

    result: Result
    counts: Mapping[Op, int]
    judged: bool | None = None


def counted(steps: Iterable[Step]) -> Mapping[Op, int]:
    """How many resources each operation is for, the stack itself aside."""
    return Counter(step.op for step in steps if step.type != urns.STACK_TYPE)


def blinded(preview: Preview) -> Preview:
    """The same without any value of a Kubernetes Secret.

    The engines blind what the program marked as secret. This guards against a program that forgot to.
    """
    steps = [replace(step, fields=tuple(_blind(step, field) for field in step.fields)) for step in preview.result.steps]
    return replace(preview, result=replace(preview.result, steps=steps))


def _blind(step: Step, field: FieldChange) -> FieldChange:
    hidden = step.type in _SECRETS and field.label.startswith(_HIDDEN)
    return replace(field, old=Secret(None), new=Secret(None)) if hidden else field


def under_parents(steps: Iterable[Step]) -> list[Step]:
    """The steps with all that is above them, where whoever made them left out what doesn't change.

    A parent that isn't named is found by its type, which stands in the URN; if several fit, by no name at all.
    """
    known = {step.urn: step for step in steps}
    by_type: dict[str, list[str]] = {}
    for urn in known:
        by_type.setdefault(urns.qualified_type(urn), []).append(urn)
    for step in list(known.values()):
        for lower, upper in _upwards(step, by_type):
            known[lower.urn] = replace(known.get(lower.urn, lower), parent=upper)
    return list(known.values())


def _upwards(step: Step, by_type: Mapping[str, list[str]]) -> Iterator[tuple[Step, str]]:
    """A step and its parent's URN, that parent and its own, and so on."""
    while True:
        head, project, qualified, _ = step.urn.split("::", 3)
        above = qualified.rpartition("$")[0]
        fitting = by_type.get(above, ())
        parent = step.parent or (fitting[0] if len(fitting) == 1 else f"{head}::{project}::{above}::" if above else "")
        yield step, parent
        if not parent:
            return
        step = Step(op="same", urn=parent)
