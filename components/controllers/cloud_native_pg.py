"""CloudNativePG: runs the foundation's PostgreSQL."""

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
        # The chart marks them to be kept, all of them.
        "crds": {"create": True},
        "replicaCount": REPLICAS,
        "resources": resources(),
        "containerSecurityContext": {**CONTAINER, "runAsUser": 10001, "runAsGroup": 10001},
        "topologySpreadConstraints": spread("app.kubernetes.io/name", "cloudnative-pg"),
    }


CLOUD_NATIVE_PG: Final = Controller(
    need=needs.CLOUD_NATIVE_PG,
    key="cloud_native_pg",
    name="cloudnative-pg",
    namespace="cnpg-system",
    values=_values,
    workloads=(workload(),),
    webhooks=(9443,),
    metrics=(8080,),
)
