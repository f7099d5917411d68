"""The gate in front of everything that a stack makes."""

from collections.abc import Mapping
from typing import TypeAlias

import pulumi

Seen: TypeAlias = Mapping[str, object]
"""Something that was looked up: its Pulumi `type`, and the `properties` that the decision rested on."""
Condition: TypeAlias = pulumi.Output[list[Seen]]
"""Arrives if a condition holds, with what was looked up for it; raises RunError if it doesn't hold."""


class Gate(pulumi.ComponentResource):
    """The parent of all that may only be made, changed or kept if its conditions hold.

    A condition is an Output that raises RunError when it doesn't hold. Nothing below the gate can be registered before
    the gate is, and the gate isn't registered when a condition raises: in a preview that stops the whole change, and
    without one (`--skip-preview`) nothing of the stack is written. It guards what comes later too, since whoever adds a
    component can't forget a dependency that comes with the parent.

    What the conditions looked up is the gate's output `held`: engines don't show look-ups to policy packs, which judge
    by what the gate saw.

    Raises:
        pulumi.RunError: whichever condition doesn't hold.
    """

    def __init__(self, name: str, *conditions: Condition, opts: pulumi.ResourceOptions | None = None) -> None:
        held = pulumi.Output.all(*conditions).apply(lambda found: [seen for each in found for seen in each])
        # The list is empty and only its arrival matters: it arrives when no condition has raised.
        open_gate = held.apply(lambda _: list[pulumi.Resource]())
        merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=open_gate))
        super().__init__("stratmaster:components:Gate", name, None, merged)
        self.register_outputs({"held": held})
