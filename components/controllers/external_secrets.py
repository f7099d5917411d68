"""External Secrets: fills Secrets from AWS Secrets Manager or Vault."""

from typing import Final

from components.controllers import needs
from components.controllers.controller import (
    CONTAINER,
    REPLICAS,
    Controller,
    Place,
    Values,
    resources,
    spread,
    workload,
)


def _values(_: Place) -> Values:
    name = "app.kubernetes.io/name"
    return {
        "installCRDs": True,
        "crds": {
            "annotations": {"helm.sh/resource-policy": "keep"},
            # Stores of the whole cluster would open every namespace's Secrets to whoever may write one.
            "createClusterExternalSecret": False,
            "createClusterSecretStore": False,
            "createClusterPushSecret": False,
            "createPushSecret": False,
        },
        "processClusterExternalSecret": False,
        "processClusterStore": False,
        "processClusterPushSecret": False,
        "processPushSecret": False,
        "leaderElect": True,
        "livenessProbe": {"enabled": True},
        **_deployment(name, "external-secrets"),
        "webhook": _deployment(name, "external-secrets-webhook"),
        "certController": _deployment(name, "external-secrets-cert-controller"),
    }


def _deployment(label: str, value: str) -> Values:
    return {
        "replicaCount": REPLICAS,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "resources": resources(),
        "securityContext": {**CONTAINER, "runAsUser": 1000},
        "topologySpreadConstraints": spread(label, value),
    }


EXTERNAL_SECRETS: Final = Controller(
    need=needs.EXTERNAL_SECRETS,
    key="external_secrets",
    name="external-secrets",
    namespace="external-secrets",
    values=_values,
    workloads=(workload(), workload(), workload()),
    webhooks=(10250,),
    metrics=(8080,),
)
