"""What a slot has to keep while users are on it.

Live means weight above 0 in what stack `traffic` last applied, and no maintenance. A slot refers to that stack, so its
outputs are among what is judged. In maintenance everything may go: that is the guide's emergency shutdown. While
`traffic` was never updated, nothing is live. Development has no traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ..model.objects import Object
from ..model.record import StackRule, per
from ..model.stack import Stack, declared
from ..model.values import Field, Finding
from .availability import budgets_of
from .joins import Scaling, count, named, scaled

API: Final = "stratmaster-api"
"""The guide's one name for what serves users (facts.md C3)."""
DECLARED: Final = "stratmaster-declared"
"""The ConfigMap in which a slot says what it is meant to be."""
MINIMUM: Final = 3
"""The guide's minimum of the API's autoscaler (facts.md C53)."""


def traffic_of(stack: Stack) -> Field | None:
    """What stack `traffic` says that it has applied; None where nothing refers to it."""
    for reference in stack.references():
        name = reference.root.child("name").text() or reference.name
        if name.rsplit("/", 1)[-1] == stack.context.traffic:
            return reference.root.child("outputs")
    return None


def is_live(stack: Stack) -> bool:
    """Whether users are on this slot; raises Unreadable where that can't be judged. Who isn't told expects them."""
    outputs = traffic_of(stack)
    if outputs is None:
        return True
    if not outputs.entries() or outputs.child("maintenance").flag():
        return False
    weights = outputs.child("weights")
    return not weights.is_set or (weights.child(stack.context.stack).number() or 0) > 0


def _slot(stack: Stack) -> bool:
    return stack.context.role == "slot" and bool(stack.context.stack) and not stack.context.development


def _known(stack: Stack) -> Iterator[Finding]:
    if not _slot(stack):
        return
    outputs = traffic_of(stack)
    if outputs is None:
        yield stack.root.finding(f"has no reference to stack {stack.context.traffic}: nobody can tell if it is live")
    elif outputs.entries() and not outputs.child("weights").is_set:
        yield outputs.child("weights").finding("isn't there, so that nobody can tell whether the slot is live")


def _while_live(judge: Callable[[Stack], Iterator[Finding]]) -> Callable[[Stack], Iterator[Finding]]:
    def check(stack: Stack) -> Iterator[Finding]:
        if _slot(stack) and is_live(stack):
            yield from judge(stack)

    return check


def _serving(stack: Stack) -> Iterator[Finding]:
    scaling = Scaling(stack)

    def check(workload: Object) -> Iterator[Finding]:
        least = scaling.least(workload)
        if count(least) == 0:
            yield least.finding(f"takes {workload.kind} to zero while users are on the slot")

    if not any(each.kind == "Deployment" and each.name.value == API for each in stack.objects("Deployment")):
        yield stack.root.finding(f"declares no Deployment {API} while users are on the slot")
    yield from per(scaled, check)(stack)
    yield from per(declared("ConfigMap"), _shut_down)(stack)


def _shut_down(config_map: Object) -> Iterator[Finding]:
    shutdown = config_map.root.at("data", "shutdown")
    if named(config_map)[1] == DECLARED and shutdown.text() == "true":
        yield shutdown.finding("shuts the slot down while users are on it")


def _budgeted(stack: Stack) -> Iterator[Finding]:
    budgets = budgets_of(stack)

    def check(workload: Object) -> Iterator[Finding]:
        if not all(budgets[pod] for pod in workload.pods):
            yield workload.root.finding("loses its disruption budget while users are on the slot")

    yield from per(scaled, check)(stack)


def _enough(stack: Stack) -> Iterator[Finding]:
    scaling = Scaling(stack)

    def check(workload: Object) -> Iterator[Finding]:
        least = scaling.least(workload)
        if named(workload)[1] == API and 0 < count(least) < MINIMUM:
            yield least.finding(f"is below {MINIMUM}, the guide's minimum, while users are on the slot")

    yield from per(scaled, check)(stack)


_MEND: Final = (
    "Send the users to the other slot first (stratmaster:weights), or set stratmaster:maintenance in traffic."
)

KNOWN: Final = StackRule(
    id="live-slot-known",
    title="Every slot of production knows whether users are on it",
    severity="high",
    why="What nobody can tell to be idle may be live, and then nothing below protects it.",
    mend="Refer to stack traffic as stacks/slot.py does, and bring traffic up; `pulumi stack init` it first.",
    check=_known,
)
SERVING: Final = StackRule(
    id="live-slot-serves",
    title="A slot that users are on is neither scaled to zero nor shut down",
    severity="critical",
    why="It would turn every user away, by a change to a stack that looks idle.",
    mend=_MEND,
    check=_while_live(_serving),
)
BUDGETED: Final = StackRule(
    id="live-slot-budget",
    title="A slot that users are on keeps its disruption budgets",
    severity="high",
    why="Without one, the next drain of nodes takes all pods of the live slot away.",
    mend=_MEND,
    check=_while_live(_budgeted),
)
ENOUGH: Final = StackRule(
    id="live-slot-minimum",
    title="A slot that users are on keeps the guide's least number of API pods",
    severity="high",
    why="Below it, one node lost is more than a third of what serves the users.",
    mend=f"Set stratmaster:replicas.min to {MINIMUM} or more, or send the users to the other slot first.",
    check=_while_live(_enough),
)

RULES: Final = (KNOWN, SERVING, BUDGETED, ENOUGH)
