"""Whether nobody runs in a slot any more, looked up in the cluster."""

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment

from components import conventions
from components.deleted import refuse_deleted
from components.gate import Condition, Seen
from components.stack_links import output_of


def slot_is_gone(slot: str, slot_stack: pulumi.StackReference, context: str, opts: pulumi.ResourceOptions) -> Condition:
    """An Output that arrives if no pod of the slot's API runs, and raises RunError if some do.

    It guards against a contract migration, which takes away what the other slot's version still reads: its users, and
    the way back, would be gone. A slot that was never released has no Deployment, and looking up what doesn't exist
    ends in an engine's error; so its stack is asked first.

    Args:
        slot: the other slot.
        slot_stack: that slot's stack.
        context: the kubeconfig's context.
        opts: the provider to look with.
    """

    def look(released: object) -> Condition:
        if released is None:
            never = {"name": slot, "outputs": dict[str, object]()}
            return pulumi.Output.from_input([{"type": "pulumi:pulumi:StackReference", "properties": never}])
        refuse_deleted(context, slot)
        id_ = f"{conventions.slot_namespace(slot)}/{conventions.API}"
        found = Deployment.get(f"{slot}-deployment", id_, opts=opts)
        wanted = found.spec.apply(lambda spec: spec.replicas)
        running = found.status.apply(lambda status: status.replicas if status else None)
        return pulumi.Output.all(wanted, running).apply(lambda counts: _judge(slot, *counts))

    return output_of(slot_stack, "deployment").apply(look)


def _judge(slot: str, wanted: int | None, running: int | None) -> list[Seen]:
    if wanted != 0 or running:
        raise pulumi.RunError(
            f"Slot {slot} still runs, and a contract migration takes away what it reads.\n"
            f"Give stack {slot} stratmaster:shutdown true and bring it up, or remove stratmaster:contractMigrations."
        )
    metadata = {"name": conventions.API, "namespace": conventions.slot_namespace(slot)}
    found = {"metadata": metadata, "spec": {"replicas": wanted}, "status": {"replicas": running or 0}}
    return [{"type": "kubernetes:apps/v1:Deployment", "properties": found}]
