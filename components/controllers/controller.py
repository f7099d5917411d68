"""What the program knows of a controller."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from components.preflight import Need
from components.quota import Size, Workload

Values: TypeAlias = Mapping[str, object]
"""A chart's values."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the values of a chart depend on.

    Attributes:
        namespace: the controller's.
        gateway_namespace: where the Gateway is that a gateway serves.
        gateway: that Gateway.
    """

    namespace: str
    gateway_namespace: str
    gateway: str


@dataclass(frozen=True, kw_only=True)
class Controller:
    """One controller.

    Attributes:
        need: what it serves, by which a preflight sees whether it is there.
        key: its field in the settings.
        name: of its release.
        namespace: its own.
        values: of its chart, which keep its definitions when the release goes: with a definition go all its objects.
        workloads: everything that its release runs, for the quota.
        webhooks: ports on which the API server calls it.
        metrics: ports on which Prometheus does.
        load_balancers: Services of that type that it needs.
        objects: to make once the release is there.
        after: fields of controllers whose kinds its chart uses.
    """

    need: Need
    key: str
    name: str
    namespace: str
    values: Callable[[Place], Values]
    workloads: tuple[Workload, ...]
    webhooks: tuple[int, ...] = ()
    metrics: tuple[int, ...] = ()
    load_balancers: int = 0
    objects: tuple["Extra", ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Extra:
    """An object without a namespace that a controller needs and its chart doesn't make."""

    api_version: str
    kind: str
    name: str
    spec: Values


REPLICAS = 2
"""Two, of which one leads: an upgrade of a node must not stop what signs, unseals or admits."""
PATIENCE = 6
"""Failed probes until a container is restarted: twice the readiness probe's, so that it first gets no more work."""
SMALL = Size(cpu="50m", memory="128Mi", ephemeral_storage="64Mi")
SMALL_LIMITS = Size(cpu="500m", memory="512Mi", ephemeral_storage="128Mi")


def workload(replicas: int = REPLICAS, requests: Size = SMALL, limits: Size = SMALL_LIMITS) -> Workload:
    """A Deployment of a controller."""
    return Workload(replicas=replicas, requests=requests, limits=limits, surge_percent=50)


def resources(requests: Size = SMALL, limits: Size = SMALL_LIMITS) -> Values:
    """The same as charts want it."""
    return {"requests": _amounts(requests), "limits": _amounts(limits)}


def _amounts(size: Size) -> Mapping[str, str]:
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}


CONTAINER: Values = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What Pod Security `restricted` wants of a container, and a read-only root."""


def spread(name: str, value: str) -> list[Values]:
    """Replicas on nodes of their own, as far as there are any."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {name: value}},
        }
    ]
