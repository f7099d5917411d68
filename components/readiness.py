"""Whether a slot may take users, looked up in the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.apps.v1.outputs import DeploymentSpec, DeploymentStatus
from pulumi_kubernetes.core.v1 import ConfigMap

from components import conventions
from components.gate import Condition, Seen
from components.stack_links import output_of


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
            f"Give stack {slot} stratmaster:shutdown false and bring it up, or give the slot weight 0."
        )
    running = found.images.get(conventions.API_CONTAINER, "no image")
    if running != found.declared_image:
        return (
            f"Slot {slot} runs {running}, not {found.declared_image}, which it was meant to: its last release failed "
            f"and was rolled back, or one is under way.\n"
            f"Run `pulumi up --stack {slot}` until it succeeds, or give the slot weight 0."
        )
    if found.observed < found.generation:
        return (
            f"Slot {slot} has just been changed: its Deployment is at generation {found.generation}, "
            f"acted on {found.observed}.\nWait for the roll-out and try again, or give the slot weight 0."
        )
    # Old pods that are still ready don't make the new build ready.
    if (ready := min(found.ready, found.updated)) < found.declared_min:
        return (
            f"Slot {slot} has {ready} ready pods of the declared build, below its minimum of {found.declared_min}.\n"
            f"Look at `kubectl get pods -n {conventions.slot_namespace(slot)}`, or give the slot weight 0."
        )
    return None


def slot_is_ready(
    slot: str, slot_stack: pulumi.StackReference, after: Condition, opts: pulumi.ResourceOptions
) -> Condition:
    """An Output that arrives if the slot may take users, and raises RunError if not.

    It guards against a cut-over to a slot that isn't there, isn't ready, or runs another build than was declared. The
    slot's stack is asked only whether the slot was ever deployed, since looking up what doesn't exist ends in an
    engine's error; everything else is read from the cluster, since outputs survive failed updates.

    Args:
        slot: blue or green.
        slot_stack: the slot's stack.
        after: a condition that has to hold first, so that its refusal is the one that is read.
        opts: the provider to look with.
    """

    def deployed(output: object) -> str:
        if output is None:
            raise pulumi.RunError(
                f"No release of slot {slot} has ever succeeded, but stratmaster:weights.{slot} sends users to it.\n"
                f"Run `pulumi up --stack {slot}` first, or give the slot weight 0."
            )
        return conventions.slot_namespace(slot)

    namespace = after.apply(lambda _: output_of(slot_stack, "deployment")).apply(deployed)
    deployment = Deployment.get(
        f"{slot}-deployment", namespace.apply(lambda found: f"{found}/{conventions.API}"), opts=opts
    )
    declared = ConfigMap.get(
        f"{slot}-declared", namespace.apply(lambda found: f"{found}/{conventions.DECLARED}"), opts=opts
    )
    looked_up = pulumi.Output.all(
        generation=deployment.metadata.apply(lambda metadata: metadata.generation or 0),
        images=deployment.spec.apply(_images),
        status=deployment.status.apply(_counts),
        declared=declared.data,
    )
    return looked_up.apply(lambda found: _judge(slot, **found))


def _images(spec: DeploymentSpec) -> dict[str, str]:
    pod = spec.template.spec
    return {container.name: container.image or "" for container in pod.containers} if pod else {}


def _counts(status: DeploymentStatus | None) -> list[int]:
    """The generation acted on, pods ready, and pods of the latest template; a new one has no status."""
    if status is None:
        return [0, 0, 0]
    return [status.observed_generation or 0, status.ready_replicas or 0, status.updated_replicas or 0]


def _judge(
    slot: str, generation: int, images: Mapping[str, str], status: Sequence[int], declared: Mapping[str, str]
) -> list[Seen]:
    observed, ready, updated = (int(count) for count in status)
    found = Found(
        declared_image=declared["image"],
        declared_min=int(declared["minReplicas"]),
        shut_down=declared["shutdown"] == "true",
        images=images,
        generation=int(generation),
        observed=observed,
        ready=ready,
        updated=updated,
    )
    if reason := refusal(slot, found):
        raise pulumi.RunError(reason)
    return _seen(slot, found, declared)


def _seen(slot: str, found: Found, declared: Mapping[str, str]) -> list[Seen]:
    """The two objects, with what was judged of them."""
    namespace = conventions.slot_namespace(slot)
    containers = [{"name": name, "image": image} for name, image in found.images.items()]
    deployment = {
        "metadata": {"name": conventions.API, "namespace": namespace, "generation": found.generation},
        "spec": {"template": {"spec": {"containers": containers}}},
        "status": {
            "observedGeneration": found.observed,
            "readyReplicas": found.ready,
            "updatedReplicas": found.updated,
        },
    }
    declaration = {"metadata": {"name": conventions.DECLARED, "namespace": namespace}, "data": dict(declared)}
    return [
        {"type": "kubernetes:apps/v1:Deployment", "properties": deployment},
        {"type": "kubernetes:core/v1:ConfigMap", "properties": declaration},
    ]
