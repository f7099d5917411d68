"""Asks Kubernetes, through kubectl and whatever rights it has, whether a Deployment's roll-out is complete."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, cast

from operations.errors import OperationError
from operations.healthcheck.verdict import Finding, Verdict


def ask(component: str, namespace: str, name: str, seconds: float) -> Sequence[Finding]:
    """Look at a Deployment: acted on, every pod of the newest template, every pod ready.

    Raises:
        OperationError: it isn't complete, or isn't there.
    """
    where = f"{namespace}/{name}"
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return [_unknown(component, where, "there is no kubectl here", "Install kubectl, or leave --slot out.")]
    command = (kubectl, "get", "deployment", name, "-n", namespace, "-o", "json", f"--request-timeout={seconds:g}s")
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return [_unknown(component, where, "the API server does not answer", "Is this machine's kubeconfig right?")]
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["kubectl failed"])[-1]
        if "NotFound" in said:
            raise OperationError(f"there is no Deployment {where}", "Run `pulumi up` of that slot's stack.")
        return [_unknown(component, where, said, "Is this machine's kubeconfig right, and may it read Deployments?")]
    return [_judged(component, where, cast("Mapping[str, Any]", json.loads(done.stdout)))]


def _judged(component: str, where: str, deployment: Mapping[str, Any]) -> Finding:
    wanted = int(deployment["spec"].get("replicas", 1))
    status = cast("Mapping[str, int]", deployment.get("status", {}))
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if status.get("observedGeneration", 0) < int(deployment["metadata"]["generation"]):
        raise OperationError(f"{where} has just been changed", "Wait for the roll-out and ask again.")
    if wanted == 0:
        raise OperationError(f"{where} is shut down", "Set stratmaster:shutdown to false, or give the slot weight 0.")
    if min(ready, updated) < wanted:
        raise OperationError(
            f"{where}: {ready} of {wanted} pods ready, {updated} of the newest version",
            f"`kubectl -n {where.partition('/')[0]} get pods`; see the runbook LiveSlotUnhealthy.",
        )
    return Finding(
        component=component, subject=where, verdict=Verdict.HEALTHY, what=f"rolled out, {ready} of {wanted} pods ready"
    )


def _unknown(component: str, subject: str, what: str, how: str) -> Finding:
    return Finding(component=component, subject=subject, verdict=Verdict.UNKNOWN, what=what, how=how)
