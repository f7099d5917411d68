"""Whether a slot may take users, looked up in the cluster and judged as the health check judges it."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.apps.v1.outputs import DeploymentSpec, DeploymentStatus
from pulumi_kubernetes.core.v1 import ConfigMap

from components import conventions
from components.deleted import refuse_deleted
from components.gate import Condition, Seen
from components.stack_links import output_of
from operations.healthcheck.slot import Found, RollOut, refusal


def slot_is_ready(
    slot: str, slot_stack: pulumi.StackReference, context: str, after: Condition, opts: pulumi.ResourceOptions
) -> Condition:
    """An Output that arrives if the slot may take users, and raises RunError if not.

    It guards against a cut-over to a slot that isn't there, isn't ready, or runs another build than was declared. The
    slot's stack is asked only whether the slot was ever deployed, and the cluster whether it is still there, since
    looking up what doesn't exist ends in an engine's error; everything else is read from the cluster, since outputs
    survive failed updates.

    Args:
        slot: blue or green.
        slot_stack: the slot's stack.
        context: the kubeconfig's context.
        after: a condition that has to hold first, so that its refusal is the one that is read.
        opts: the provider to look with.
    """

    def deployed(output: object) -> str:
        if output is None:
            raise pulumi.RunError(
                f"No release of slot {slot} has ever succeeded, but stratmaster:weights.{slot} sends users to it.\n"
                f"Run `pulumi up --stack {slot}` first, or give the slot weight 0."
            )
        refuse_deleted(context, slot)
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
    """The generation acted on, pods, those ready, and those of the latest template; a new one has no status."""
    if status is None:
        return [0, 0, 0, 0]
    counts = (status.observed_generation, status.replicas, status.ready_replicas, status.updated_replicas)
    return [count or 0 for count in counts]


def _judge(
    slot: str, generation: int, images: Mapping[str, str], status: Sequence[int], declared: Mapping[str, str]
) -> list[Seen]:
    observed, pods, ready, updated = (int(count) for count in status)
    roll_out = RollOut(generation=int(generation), observed=observed, pods=pods, ready=ready, updated=updated)
    found = Found(
        declared_image=declared["image"],
        declared_min=int(declared["minReplicas"]),
        shut_down=declared["shutdown"] == "true",
        image=images.get(conventions.API_CONTAINER, ""),
        roll_out=roll_out,
    )
    if reason := refusal(slot, found):
        raise pulumi.RunError(reason)
    return _seen(slot, images, roll_out, declared)


def _seen(slot: str, images: Mapping[str, str], roll_out: RollOut, declared: Mapping[str, str]) -> list[Seen]:
    """The two objects, with what was judged of them."""
    namespace = conventions.slot_namespace(slot)
    containers = [{"name": name, "image": image} for name, image in images.items()]
    deployment = {
        "metadata": {"name": conventions.API, "namespace": namespace, "generation": roll_out.generation},
        "spec": {"template": {"spec": {"containers": containers}}},
        "status": {
            "observedGeneration": roll_out.observed,
            "replicas": roll_out.pods,
            "readyReplicas": roll_out.ready,
            "updatedReplicas": roll_out.updated,
        },
    }
    declaration = {"metadata": {"name": conventions.DECLARED, "namespace": namespace}, "data": dict(declared)}
    return [
        {"type": "kubernetes:apps/v1:Deployment", "properties": deployment},
        {"type": "kubernetes:core/v1:ConfigMap", "properties": declaration},
    ]
