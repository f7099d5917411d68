"""Whether what Kubernetes says of a slot's Deployments is a complete roll-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from operations.errors import OperationError
from operations.healthcheck import slot as slots
from operations.healthcheck.kubectl import Kubectl
from operations.healthcheck.slot import Found, RollOut
from operations.healthcheck.verdict import Finding, Verdict


def ask_api(kubectl: Kubectl, slot: str, seconds: float) -> Sequence[Finding]:
    """Look at the API's Deployment and at what was declared, and judge both as stack `traffic` does.

    Raises:
        OperationError: the slot may take no users.
        CannotTellError: Kubernetes couldn't be asked.
    """
    namespace = slots.namespace(slot)
    names = (f"deployment/{slots.API}", f"configmap/{slots.DECLARED}")
    deployment, declared = kubectl.get(namespace, *names, seconds=seconds)
    roll_out = _roll_out(deployment)
    containers = deployment["spec"]["template"]["spec"]["containers"]
    found = Found(
        declared_image=declared["data"]["image"],
        declared_min=int(declared["data"]["minReplicas"]),
        shut_down=declared["data"]["shutdown"] == "true",
        image=next((each["image"] for each in containers if each["name"] == slots.CONTAINER), ""),
        roll_out=roll_out,
    )
    if reason := slots.refusal(slot, found):
        raise OperationError(*reason.splitlines())
    return [_complete("api", f"{namespace}/{slots.API}", roll_out)]


def ask_service(kubectl: Kubectl, slot: str, name: str, seconds: float) -> Sequence[Finding]:
    """Look at an MCP service's Deployment: acted on, and as many new pods ready as it wants.

    Raises:
        OperationError: it isn't complete, or isn't there.
        CannotTellError: Kubernetes couldn't be asked.
    """
    where = f"{slots.namespace(slot)}/{name}"
    (deployment,) = kubectl.get(slots.namespace(slot), f"deployment/{name}", seconds=seconds)
    roll_out, wanted = _roll_out(deployment), int(deployment["spec"].get("replicas", 1))
    if not roll_out.is_seen:
        raise OperationError(f"{where} has just been changed", "Wait for the roll-out and ask again.")
    if wanted == 0:
        raise OperationError(f"{where} is shut down", f"Give stack {slot} stratmaster:shutdown false and bring it up.")
    if roll_out.new_and_ready < wanted:
        raise OperationError(
            f"{where}: {roll_out.new_and_ready} of {wanted} pods are new and ready",
            f"`kubectl -n {slots.namespace(slot)} get pods`; see the runbook McpServiceSilent.",
        )
    return [_complete("mcp", where, roll_out)]


def _roll_out(deployment: Mapping[str, Any]) -> RollOut:
    status = cast("Mapping[str, int]", deployment.get("status", {}))
    return RollOut(
        generation=int(deployment["metadata"]["generation"]),
        observed=status.get("observedGeneration", 0),
        pods=status.get("replicas", 0),
        ready=status.get("readyReplicas", 0),
        updated=status.get("updatedReplicas", 0),
    )


def _complete(component: str, where: str, roll_out: RollOut) -> Finding:
    what = f"rolled out, {roll_out.new_and_ready} pods ready"
    return Finding(component=component, subject=where, verdict=Verdict.HEALTHY, what=what)
