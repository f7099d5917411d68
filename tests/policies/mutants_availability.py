"""What keeps a service up: one thing broken in the real stacks for each rule of the area."""

from __future__ import annotations

from typing import Final

from tests.policies.mutation import Mutant, drop, edit, edit_chart, edit_release

_PAGE: Final = "stratmaster-maintenance"
_LIVE_ON: Final = "traffic"

MUTANTS: Final[tuple[Mutant, ...]] = (
    *(
        Mutant(
            rule="availability-replicas",
            stack=_LIVE_ON,
            change=edit("Deployment", _PAGE, "spec.replicas", replicas),
            also=("availability-budget-allows",),  # one of one must stay
        )
        for replicas in (1, None)
    ),
    Mutant(rule="availability-replicas", stack="blue", change=edit_release("mcpServices[2].replicas.min", 1)),
    Mutant(
        rule="availability-replicas",
        stack="green",
        change=edit_chart(
            "templates/horizontalpodautoscaler.yaml", "name: {{ .name }}\n  minReplicas", "name: other\n  minReplicas"
        ),
        also=("network-autoscalers-resolve",),
    ),
    Mutant(rule="availability-budget", stack=_LIVE_ON, change=drop("PodDisruptionBudget", _PAGE)),
    Mutant(
        rule="availability-budget",
        stack="blue",
        change=edit_chart("templates/poddisruptionbudget.yaml", "not .Values.shutdown", ".Values.shutdown"),
    ),
    Mutant(
        rule="availability-budget-allows",
        stack=_LIVE_ON,
        change=edit("PodDisruptionBudget", _PAGE, "spec.minAvailable", 2),
    ),
    Mutant(
        rule="availability-budget-allows",
        stack="green",
        change=edit_chart("templates/poddisruptionbudget.yaml", "maxUnavailable: 1", "minAvailable: 60%"),
    ),
    Mutant(
        rule="availability-rolling-update",
        stack=_LIVE_ON,
        change=edit("Deployment", _PAGE, "spec.strategy", {"type": "Recreate"}),
    ),
    Mutant(
        rule="availability-rolling-update",
        stack="blue",
        change=edit_chart("templates/deployment.yaml", "maxUnavailable: 0", "maxUnavailable: 67%"),
    ),
)
