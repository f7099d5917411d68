"""Contour, which serves the one Gateway of traffic with Envoys."""

from typing import Final

from components.controllers import needs
from components.controllers.controller import (
    CONTAINER,
    REPLICAS,
    Controller,
    Extra,
    Place,
    Values,
    resources,
    spread,
    workload,
)
from components.quota import Size

ENVOY: Final = Size(cpu="500m", memory="512Mi", ephemeral_storage="64Mi")
ENVOY_LIMITS: Final = Size(cpu="2", memory="1Gi", ephemeral_storage="256Mi")


def _values(place: Place) -> Values:
    component = "app.kubernetes.io/component"
    user = {"runAsUser": 1001, "runAsGroup": 1001, "enabled": True}
    return {
        # They would go with the release, and every Gateway and route with them: the cluster's administrator keeps them.
        "gatewayAPI": {"manageCRDs": False},
        "configInline": {
            "disablePermitInsecure": True,
            "gateway": {"gatewayRef": {"name": place.gateway, "namespace": place.gateway_namespace}},
        },
        "contour": {
            "manageCRDs": True,
            "replicaCount": REPLICAS,
            "resources": resources(),
            "containerSecurityContext": {**CONTAINER, **user},
            "topologySpreadConstraints": spread(component, "contour"),
            "ingressClass": {"create": False},
            # The foundation's own, which name their peers.
            "networkPolicy": {"enabled": False},
            "certgen": {"networkPolicy": {"enabled": False}},
        },
        "envoy": {
            "kind": "deployment",
            "replicaCount": REPLICAS,
            "resources": resources(ENVOY, ENVOY_LIMITS),
            "podSecurityContext": {"enabled": True, "fsGroup": 1001, "fsGroupChangePolicy": "Always"},
            "containerSecurityContext": {**CONTAINER, **user},
            "shutdownManager": {"resources": resources()},
            "defaultInitContainers": {"initConfig": {"resources": resources()}},
            "topologySpreadConstraints": spread(component, "envoy"),
            "networkPolicy": {"enabled": False},
            # From a node's address, so that a policy can name who comes; with Local it would be the whole internet.
            "service": {"externalTrafficPolicy": "Cluster"},
        },
    }


GATEWAY: Final = Controller(
    need=needs.GATEWAY,
    key="gateway",
    name="contour",
    namespace="projectcontour",
    values=_values,
    workloads=(workload(), workload(requests=ENVOY, limits=ENVOY_LIMITS), workload()),
    metrics=(8000, 8002),
    load_balancers=1,
    objects=(
        Extra(
            api_version="gateway.networking.k8s.io/v1",
            kind="GatewayClass",
            name="contour",
            spec={"controllerName": "projectcontour.io/gateway-controller"},
        ),
    ),
)
