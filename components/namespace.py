"""A namespace that is safe before anything runs in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import core, networking
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components import conventions, ownership
from components.quota import Size, Workload, quota

POD_SECURITY_VERSION: Final = "v1.34"
"""The last version of the `restricted` standard that forbids more than the one before (a host in probes and hooks).
It is pinned, so that an upgrade of the cluster doesn't change what is admitted; an older one uses its own latest."""

DEFAULT_REQUESTS: Final = Size(cpu="100m", memory="128Mi", ephemeral_storage="256Mi")
DEFAULT_LIMITS: Final = Size(cpu="500m", memory="512Mi", ephemeral_storage="1Gi")

HOOKS: Final = Workload(replicas=2, requests=DEFAULT_REQUESTS, limits=DEFAULT_LIMITS, surge_percent=0)
"""Room for one Helm hook and one Job by hand at a time, at the default size."""

DELETE_TIMEOUT: Final = "15m"
"""A namespace goes when everything in it has gone. Pods may drain for ten minutes (the chart's drainSeconds); what
takes longer hangs on a finalizer whose controller is away, and an error that says so is better than an endless wait."""


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    """What Namespace needs.

    Attributes:
        name: the namespace's name.
        workloads: everything that may run in it at one time; the quota has room for them and for `HOOKS`.
        pod_security_version: version of the Pod Security standard, such as "v1.34".
        labels: more labels on the namespace.
        protect: whether Pulumi refuses to delete it: with a namespace goes all that is in it.
        load_balancers: Services of that type that it may have.
    """

    name: str
    workloads: tuple[Workload, ...]
    pod_security_version: str = POD_SECURITY_VERSION
    labels: Mapping[str, str] | None = None
    protect: bool = False
    load_balancers: int = 0


class Namespace(pulumi.ComponentResource):
    """A namespace with Pod Security `restricted`, default sizes, a quota, and no connection in either direction.

    Guards against a pod with rights over its node (Pod Security), a runaway that starves the neighbours (quota, default
    sizes) and a compromised pod that looks around (default deny). What runs in the namespace should depend on this
    component as a whole, so that the guards are there first.

    It bears the name of its stack, by which another stack sees that it isn't its own (`components/ownership.py`).

    Outputs:
        name: the namespace's name, known before anything is made.
        created_name: the same as an output of the object, which makes whoever uses it wait for the namespace.
        object: the namespace alone, without its guards.
    """

    name: str
    object: core.v1.Namespace
    created_name: pulumi.Output[str]

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:cluster:Namespace", name, None, opts)
        self.name = args.name
        self.object = core.v1.Namespace(
            name,
            metadata=ObjectMetaArgs(
                name=args.name,
                annotations={ownership.STACK: ownership.this_stack()},
                labels={
                    **conventions.labels("namespace"),
                    **(args.labels or {}),
                    **_pod_security(args.pod_security_version),
                },
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                custom_timeouts=pulumi.CustomTimeouts(delete=DELETE_TIMEOUT),
                protect=args.protect,
            ),
        )
        self.created_name = self.object.metadata.apply(lambda metadata: metadata.name or args.name)
        self._guards(name, args)
        self.register_outputs({"name": self.created_name})

    def _guards(self, name: str, args: NamespaceArgs) -> None:
        inside = pulumi.ResourceOptions(parent=self)
        networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata=self._metadata("default-deny", "network"),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
            ),
            opts=inside,
        )
        core.v1.ResourceQuota(
            f"{name}-quota",
            metadata=self._metadata("stratmaster", "quota"),
            spec=core.v1.ResourceQuotaSpecArgs(hard=quota((*args.workloads, HOOKS), args.load_balancers)),
            opts=inside,
        )
        core.v1.LimitRange(
            f"{name}-default-sizes",
            metadata=self._metadata("default-sizes", "quota"),
            spec=core.v1.LimitRangeSpecArgs(
                limits=[
                    core.v1.LimitRangeItemArgs(
                        type="Container", default_request=_written(DEFAULT_REQUESTS), default=_written(DEFAULT_LIMITS)
                    )
                ]
            ),
            opts=inside,
        )

    def _metadata(self, name: str, component: str) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=name, namespace=self.created_name, labels=conventions.labels(component))


def _pod_security(version: str) -> dict[str, str]:
    prefix = "pod-security.kubernetes.io"
    return {
        label: value
        for mode in ("enforce", "audit", "warn")
        for label, value in ((f"{prefix}/{mode}", "restricted"), (f"{prefix}/{mode}-version", version))
    }


def _written(size: Size) -> dict[str, str]:
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}
