"""What keeps a service up while a node is drained, a pod dies or a new version comes. Production only.

How many pods there are is the autoscaler's minimum where there is one, else the workload's own number. 0 is a workload
that is shut down on purpose: whether that one may be is a matter of change safety.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ..model.objects import Object
from ..model.pods import Pod
from ..model.record import StackRule, per
from ..model.stack import Stack
from ..model.values import Field, Finding, Unreadable, must
from .joins import SCALED, Pods, Scaling, count, named, scaled

_LEAST: Final = 2
_DATABASES: Final = {"Cluster": "postgresql.cnpg.io", "Pooler": "postgresql.cnpg.io"}
_ALONE: Final = {
    "redis": "the cache doesn't replicate its state: two of them would be two caches (design.md)",
    "postgres-exporter": "nobody but Prometheus waits for it, and two would report everything twice",
}
"""The foundation's workloads that are one pod on purpose, by their label app.kubernetes.io/name, and why."""
_UPDATE: Final = {"Deployment": "strategy", "StatefulSet": "updateStrategy"}


def _in_production(
    select: Callable[[Stack], Iterable[Object]], judge: Callable[[Stack], Callable[[Object], Iterable[Finding]]]
) -> Callable[[Stack], Iterator[Finding]]:
    """A check of the objects that `select` finds, by what `judge` makes of the whole stack."""

    def check(stack: Stack) -> Iterator[Finding]:
        if not stack.context.development:
            yield from per(select, judge(stack))(stack)

    return check


def _replicated(stack: Stack) -> Iterator[Object]:
    yield from scaled(stack)
    yield from (each for each in stack.objects(*_DATABASES) if each.group == _DATABASES[each.kind] and not each.patch)


def _replicas(stack: Stack) -> Callable[[Object], Iterator[Finding]]:
    scaling = stack.once(Scaling)

    def check(workload: Object) -> Iterator[Finding]:
        least = workload.spec.child("instances") if workload.kind in _DATABASES else scaling.least(workload)
        if 0 < count(least) < _LEAST and not (stack.context.role == "foundation" and _name(workload) in _ALONE):
            yield least.finding(f"leaves {workload.kind} with one pod")

    return check


def _name(workload: Object) -> str:
    name = workload.metadata.at("labels", "app.kubernetes.io/name").value
    return name if isinstance(name, str) else ""


def budgets_of(stack: Stack) -> dict[Pod, list[Object]]:
    """The disruption budgets that select each pod; those that can't be judged select nobody."""
    pods, found = stack.once(Pods), defaultdict[Pod, list[Object]](list)
    for budget in stack.objects("PodDisruptionBudget"):
        try:
            selected = pods.selected(named(budget)[0], budget.spec.child("selector"))
        except Unreadable:
            continue
        for each in selected:
            found[each.pod].append(budget)
    return found


def _has_budget(stack: Stack) -> Callable[[Object], Iterator[Finding]]:
    scaling, budgets = stack.once(Scaling), budgets_of(stack)

    def check(workload: Object) -> Iterator[Finding]:
        if count(scaling.least(workload)) < _LEAST:
            return
        for pod in workload.pods:
            if len(budgets[pod]) != 1:
                has = "no disruption budget" if not budgets[pod] else "several, which nobody can drain by"
                yield workload.root.finding(f"has {has}")

    return check


def _allows(stack: Stack) -> Callable[[Object], Iterator[Finding]]:
    scaling, pods = stack.once(Scaling), stack.once(Pods)

    def check(budget: Object) -> Iterator[Finding]:
        selected = pods.selected(named(budget)[0], budget.spec.child("selector"))
        owners = {each.pod.object for each in selected}
        total = sum(count(scaling.least(owner)) for owner in owners if owner.kind in SCALED)
        if total:
            yield from _permits(budget, total)

    return check


def _permits(budget: Object, total: int) -> Iterator[Finding]:
    most, least = budget.spec.child("maxUnavailable"), budget.spec.child("minAvailable")
    if most.is_set:
        if amount(most, total, math.ceil) < 1:
            yield most.finding("lets no pod be moved, so that no node can be drained")
    elif not least.is_set:
        yield budget.spec.finding("says neither how many pods may go nor how many must stay")
    elif amount(least, total, math.ceil) >= total:
        yield least.finding(f"holds on to all {total} pods that there are at the least, so that no node can be drained")


def amount(field: Field, total: int, rounded: Callable[[float], int]) -> int:
    """A number of pods, where a percentage is of `total`; raises Unreadable for anything else."""
    value = field.known()
    if isinstance(value, str) and value.removesuffix("%").isdecimal() and value.endswith("%"):
        return rounded(total * int(value[:-1]) / 100)
    return int(field.number() or 0)


def _updated(stack: Stack) -> Iterator[Object]:
    return (each for each in stack.objects(*_UPDATE) if not each.patch)


def _rolling(stack: Stack) -> Callable[[Object], Iterator[Finding]]:
    scaling = stack.once(Scaling)

    def check(workload: Object) -> Iterator[Finding]:
        total = count(scaling.least(workload))
        if total < _LEAST:
            return
        strategy = workload.spec.child(_UPDATE[workload.kind])
        kind = strategy.child("type")
        yield from must(
            kind, lambda value: value in (None, "RollingUpdate"), "doesn't replace pods one after the other"
        )
        gone = strategy.at("rollingUpdate", "maxUnavailable")
        if gone.is_set and amount(gone, total, math.floor) * 2 > total:
            yield gone.finding(f"may take down more than half of the {total} pods that there are at the least")

    return check


REPLICAS: Final = StackRule(
    id="availability-replicas",
    title="In production what serves requests or holds state has two pods or more",
    severity="medium",
    frameworks=("minimum-three-replicas", "deploymentMissingReplicas", "require-multiple-replicas"),
    why="One pod is an outage at each drain of a node, each crash and each update.",
    mend="Set replicas, or the autoscaler's minReplicas, to 2 or more; what can't run twice needs an exemption.",
    check=_in_production(_replicated, _replicas),
)
BUDGET: Final = StackRule(
    id="availability-budget",
    title="In production every workload with several pods has one disruption budget",
    severity="medium",
    frameworks=("missingPodDisruptionBudget", "require-pdb"),
    why="A drain of two nodes at once takes all pods away; with two budgets for a pod, none can be evicted at all.",
    mend="Declare one PodDisruptionBudget that selects the workload's pods.",
    check=_in_production(scaled, _has_budget),
)
DRAINABLE: Final = StackRule(
    id="availability-budget-allows",
    title="In production every disruption budget lets one pod go",
    severity="medium",
    frameworks=("pdb-max-unavailable", "pdb-min-available", "pdbMinAvailableGreaterThanHPAMinReplicas"),
    why="A budget that lets nobody go holds up every drain, and with it every security update of a node.",
    mend="Set maxUnavailable to 1, or minAvailable below the number of pods that there are at the least.",
    check=_in_production(lambda stack: stack.objects("PodDisruptionBudget"), _allows),
)
ROLLING: Final = StackRule(
    id="availability-rolling-update",
    title="In production an update leaves half of the pods or more up",
    severity="medium",
    frameworks=("C-0305", "no-rolling-update-strategy"),
    why="Recreate is an outage at each release, and so is a rolling update that may take most pods down at once.",
    mend="Use RollingUpdate with maxUnavailable 0 (and a surge), or a small percentage.",
    check=_in_production(_updated, _rolling),
)

RULES: Final = (REPLICAS, BUDGET, DRAINABLE, ROLLING)
