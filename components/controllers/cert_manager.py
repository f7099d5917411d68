"""cert-manager: asks for certificates, renews them and keeps them in Secrets."""

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


def _values(place: Place) -> Values:
    return {
        "crds": {"enabled": True, "keep": True},
        # By default its election is in kube-system, the one right it has there.
        "global": {"leaderElection": {"namespace": place.namespace}},
        "config": {
            "apiVersion": "controller.config.cert-manager.io/v1alpha1",
            "kind": "ControllerConfiguration",
            "enableGatewayAPI": True,
        },
        **_deployment("controller"),
        "webhook": _deployment("webhook"),
        "cainjector": _deployment("cainjector"),
        "startupapicheck": {"resources": resources(), "containerSecurityContext": CONTAINER},
    }


def _deployment(component: str) -> Values:
    return {
        "replicaCount": REPLICAS,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "resources": resources(),
        "containerSecurityContext": CONTAINER,
        "topologySpreadConstraints": spread("app.kubernetes.io/component", component),
    }


CERT_MANAGER: Final = Controller(
    need=needs.CERT_MANAGER,
    key="cert_manager",
    name="cert-manager",
    namespace="cert-manager",
    values=_values,
    workloads=(workload(), workload(), workload()),
    webhooks=(10250,),
    metrics=(9402,),
)
