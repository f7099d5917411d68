"""What the pack can't see: one thing broken in the real stacks for each rule of the area, and the exemptions' own."""

from __future__ import annotations

from typing import Final

from rehearsal.engine.wire import UNKNOWN
from tests.policies.judging import resource
from tests.policies.mutation import RELEASE, Mutant, add, edit, edit_chart, edit_release

_ROLLOUT = {
    "apiVersion": "example.com/v1",
    "kind": "Runner",
    "metadata": {"name": "it", "namespace": "stratmaster-blue"},
}

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(rule="coverage-readable", stack="blue", change=edit(RELEASE, "", "chart", "./helm/nowhere")),
    Mutant(rule="coverage-readable", stack="blue", change=edit_release("slot", UNKNOWN)),
    Mutant(rule="coverage-readable", stack="blue", change=edit_release("nosuch", "value")),
    Mutant(
        rule="coverage-readable",
        stack="green",
        change=edit_chart("templates/service.yaml", "kind: Service", "kind: {{"),
    ),
    Mutant(
        rule="coverage-readable",
        stack="blue",
        change=add(resource("kubernetes:example.com/v1:Runner", inputs={**_ROLLOUT, "spec": {"image": "x"}})),
        also=("provider-pinned-cluster",),  # the judge gives it no provider
    ),
    Mutant(
        rule="coverage-known-type",
        stack="production",
        change=add(resource("aws:ec2/instance:Instance", inputs={"ami": "x"})),
        also=("provider-pinned-account",),  # nor this one
    ),
)
