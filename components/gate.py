"""The gate in front of everything that a stack makes."""

import pulumi


class Gate(pulumi.ComponentResource):
    """The parent of all that may only be made, changed or kept if its conditions hold.

    A condition is an Output that raises RunError when it doesn't hold. Nothing below the gate can be registered before
    the gate is, and the gate isn't registered when a condition raises: in a preview that stops the whole change, and
    without one (`--skip-preview`) nothing of the stack is written. It guards what comes later too, since whoever adds a
    component can't forget a dependency that comes with the parent.

    Raises:
        pulumi.RunError: whichever condition doesn't hold.
    """

    def __init__(self, name: str, *conditions: pulumi.Output[None], opts: pulumi.ResourceOptions | None = None) -> None:
        # The list is empty and only its arrival matters: it arrives when no condition has raised.
        open_gate = pulumi.Output.all(*conditions).apply(lambda _: list[pulumi.Resource]())
        merged = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=open_gate))
        super().__init__("stratmaster:components:Gate", name, None, merged)
        self.register_outputs({})
