"""metrics-server: what HPAs scale by and `kubectl top` shows."""

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
    return {
        "replicas": REPLICAS,
        "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
        "resources": resources(),
        "securityContext": {**CONTAINER, "runAsUser": 1000},
        "topologySpreadConstraints": spread("app.kubernetes.io/name", "metrics-server"),
        # A certificate that the API server is told to trust; by default it trusts any.
        "tls": {"type": "cert-manager"},
        "apiService": {"insecureSkipTLSVerify": False},
    }


METRICS_SERVER: Final = Controller(
    need=needs.METRICS_SERVER,
    key="metrics_server",
    name="metrics-server",
    namespace="metrics-server",
    values=_values,
    workloads=(workload(),),
    webhooks=(10250,),
    after=("cert_manager",),
)
"""It has no definitions: its kinds are served by itself."""
