"""sealed-secrets: opens what was sealed for this cluster."""

from typing import Final

from components.controllers import needs
from components.controllers.controller import CONTAINER, PATIENCE, Controller, Place, Values, resources, workload


def _values(_: Place) -> Values:
    return {
        # What `kubeseal` and `runbook seal` look for.
        "fullnameOverride": "sealed-secrets-controller",
        "resources": resources(),
        "livenessProbe": {"failureThreshold": PATIENCE},
        "podSecurityContext": {
            "enabled": True,
            "fsGroup": 65534,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {"enabled": True, **CONTAINER, "runAsUser": 1001},
        # Its certificate is asked for through the API server, by whoever may; by default that is everybody.
        "rbac": {"serviceProxier": {"create": True, "bind": False}},
    }


SEALED_SECRETS: Final = Controller(
    need=needs.SEALED_SECRETS,
    key="sealed_secrets",
    name="sealed-secrets",
    namespace="sealed-secrets",
    values=_values,
    # One: it knows no election, and two would make sealing keys of their own at each renewal.
    workloads=(workload(replicas=1),),
    webhooks=(8080,),
    metrics=(8081,),
)
"""Its definition lies in the chart's crds/, which Helm installs once and never takes away."""
