"""What a stack may want to know of another one, all of it only to refuse."""

from collections.abc import Mapping
from typing import cast

import pulumi

from components.gate import Condition, Seen


def reference(stack: str, opts: pulumi.ResourceOptions | None = None) -> pulumi.StackReference:
    """Another stack of this project and organisation."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    return pulumi.StackReference(stack, name, opts=opts)


def output_of(stack: pulumi.StackReference, name: str) -> pulumi.Output[object]:
    """An output of another stack, None if it has none of that name.

    Not `get_output`, whose helpers are left unawaited when a condition raises: Python then warns about each of them
    below the error that a person should read.
    """
    outputs: pulumi.Output[dict[str, object]] = stack.outputs
    return outputs.apply(lambda found: found.get(name))


def applied_by(traffic: pulumi.StackReference) -> Condition:
    """What stack `traffic` has applied, for the policies: by it they know whether a slot is live. It always holds."""
    seen = pulumi.Output.all(name=traffic.name, outputs=traffic.outputs)
    return seen.apply(lambda properties: [{"type": "pulumi:pulumi:StackReference", "properties": properties}])


def foundation_is_up(foundation: pulumi.StackReference, stack: str) -> Condition:
    """An Output that arrives if the foundation has been brought up, and raises RunError if not."""

    def check(namespace: object) -> list[Seen]:
        if namespace is None:
            raise pulumi.RunError(
                f"The foundation, stack {stack}, isn't up: it says of no namespace that it has made it.\n"
                f"Run `pulumi up --stack {stack}` first."
            )
        return []

    return output_of(foundation, "namespace").apply(check)


def slot_may_shut_down(traffic: pulumi.StackReference, slot: str) -> Condition:
    """An Output that arrives if no user is sent to the slot, and raises RunError if some are.

    Live means weight above 0 in what `traffic` last applied, and no maintenance. It guards against shutting down the
    slot that the users are on; in an emergency, maintenance comes first.
    """

    def check(applied: list[object]) -> list[Seen]:
        weights, maintenance = applied
        weight = cast("Mapping[str, float]", weights).get(slot, 0) if isinstance(weights, Mapping) else 0
        if weight > 0 and maintenance is not True:
            raise pulumi.RunError(
                f"Slot {slot} is live: stratmaster:shutdown would turn {weight:.0f} % of the users away.\n"
                "Set stratmaster:maintenance to true, or the weight to 0, in stack traffic and update that first."
            )
        return []

    return pulumi.Output.all(output_of(traffic, "weights"), output_of(traffic, "maintenance")).apply(check)
