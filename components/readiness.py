"""Whether a slot may take users, looked up in the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap

from components import conventions


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the cluster says of a slot.

    Attributes:
        declared_image: the API's image that the slot is meant to run.
        declared_min: pods that have to be ready.
        shut_down: whether the slot is scaled to zero on purpose.
        images: container -> image of the Deployment's pods.
        generation: of the Deployment as it was last written.
        observed: the generation that the Deployment controller has acted on.
        ready: pods that are ready.
        updated: pods that are of the latest template.
    """

    declared_image: str
    declared_min: int
    shut_down: bool
    images: Mapping[str, str]
    generation: int
    observed: int
    ready: int
    updated: int


def refusal(slot: str, found: Found) -> str | None:
    """Why a slot may take no users: what was found and how to mend it, on two lines. None if it may."""
    if found.shut_down:
        return (
            f"Slot {slot} is shut down, but stratmaster:weights.{slot} sends users to it.\n"
            f"Set stratmaster:shutdown to false in stack {slot} and update it, or set its weight to 0."
        )
    running = found.images.get(conventions.API_CONTAINER, "no image")
    if running != found.declared_image:
        return (
            f"Slot {slot} runs {running}, not {found.declared_image}, which it was meant to: its last release failed "
            f"and was rolled back, or one is under way.\nUpdate stack {slot} until it succeeds, or set its weight to 0."
        )
    if found.observed < found.generation:
        return (
            f"Slot {slot} has just been changed: its Deployment is at generation {found.generation}, acted on {found.observed}.\n"
            "Wait for the roll-out and try again, or set its weight to 0."
        )
    # Old pods that are still ready don't make the new build ready.
    if (ready := min(found.ready, found.updated)) < found.declared_min:
        return (
            f"Slot {slot} has {ready} ready pods of the declared build, fewer than its minimum of {found.declared_min}.\n"
            f"See `kubectl get pods -n {conventions.slot_namespace(slot)}`, update stack {slot}, or set its weight to 0."
        )
    return None


def slot_is_ready(slot: str, slot_stack: pulumi.StackReference, opts: pulumi.ResourceOptions) -> pulumi.Output[None]:
    """An Output that arrives if the slot may take users, and raises RunError if not.

    It guards against a cut-over to a slot that isn't there, isn't ready, or runs another build than was declared. The slot's stack
    is asked only whether the slot was ever deployed, since looking up what doesn't exist ends in an engine's error;
    everything else is read from the cluster, since outputs survive failed updates.

    Args:
        slot: blue or green.
        slot_stack: the slot's stack.
        opts: the provider to look with.
    """

    def deployed(output: object) -> str:
        if output is None:
            raise pulumi.RunError(
                f"Slot {slot} has never been deployed, but stratmaster:weights.{slot} sends users to it.\n"
                f"Run `pulumi up --stack {slot}` first, or set its weight to 0."
            )
        return conventions.slot_namespace(slot)

    namespace = slot_stack.get_output("deployment").apply(deployed)
    deployment = Deployment.get(
        f"{slot}-deployment", namespace.apply(lambda found: f"{found}/{conventions.API}"), opts=opts
    )
    declared = ConfigMap.get(f"{slot}-declared", namespace.apply(lambda found: f"{found}/{conventions.DECLARED}"), opts=opts)
    return pulumi.Output.all(
        metadata=deployment.metadata, spec=deployment.spec, status=deployment.status, data=declared.data
    ).apply(lambda looked_up: _judge(slot, looked_up))


def _judge(slot: str, looked_up: Mapping[str, Any]) -> None:
    if reason := refusal(slot, _found(**looked_up)):
        raise pulumi.RunError(reason)


def _found(metadata: Any, spec: Any, status: Any, data: Mapping[str, str]) -> Found:  # noqa: ANN401 - as the SDK has it
    return Found(
        declared_image=data["image"],
        declared_min=int(data["minReplicas"]),
        shut_down=data["shutdown"] == "true",
        images={container.name: container.image for container in spec.template.spec.containers},
        generation=int(metadata.generation or 0),
        observed=int(status.observed_generation or 0) if status else 0,
        ready=int(status.ready_replicas or 0) if status else 0,
        updated=int(status.updated_replicas or 0) if status else 0,
    )
