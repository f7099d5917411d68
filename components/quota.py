"""How much a namespace may use: computed from what it runs, so that a change of the HPA's bounds changes it too."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settings.quantities import in_bytes, millicores


@dataclass(frozen=True, kw_only=True)
class Size:
    """What one pod asks for or may use, as Kubernetes writes it.

    Attributes:
        cpu: cores, "2" or "500m".
        memory: bytes, "4Gi".
        ephemeral_storage: bytes of the node's disk, "1Gi".
    """

    cpu: str
    memory: str
    ephemeral_storage: str


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A Deployment under an autoscaler, or the Jobs that may run beside it.

    Attributes:
        replicas: pods at the most: the HPA's maximum, or the pods of Jobs at one time.
        requests: what each pod asks for.
        limits: what each pod may use.
        surge_percent: the Deployment's maxSurge in percent of `replicas`, rounded up as Kubernetes does; 0 for Jobs.
        slow_to_stop: whether a stopped pod may live for minutes, to finish long requests (the chart's drainSeconds).
    """

    replicas: int
    requests: Size
    limits: Size
    surge_percent: int = 25
    slow_to_stop: bool = False

    @property
    def surge(self) -> int:
        """Pods that a rolling update starts before it stops any."""
        return math.ceil(self.replicas * self.surge_percent / 100)

    @property
    def draining(self) -> int:
        """Stopped pods that still count: all the old ones when they stop slowly, else one step's worth."""
        return self.replicas if self.slow_to_stop else self.surge

    @property
    def pods(self) -> int:
        """Pods at the most, in the middle of a rolling update at the HPA's maximum."""
        return self.replicas + self.surge + self.draining


def quota(workloads: Sequence[Workload], load_balancers: int = 0) -> Mapping[str, str]:
    """The `hard` part of a ResourceQuota that has room for all workloads at once, and no more.

    For each workload `pods = replicas + surge + draining`, with `surge = ceil(replicas x surge_percent / 100)` and
    `draining = replicas` where old pods stop slowly, else `surge`. Then

        pods            = sum of pods
        requests.<what> = sum of pods x requests.<what>       <what>: cpu, memory, ephemeral-storage
        limits.<what>   = sum of pods x limits.<what>

    `draining` is there because a quota counts a pod until it is gone, while a Deployment stops counting it when it is
    told to stop. Without it, a rolling update at the HPA's maximum waits for requests to end, and times out.
    Node ports are none, and load balancers none but a gateway's own: traffic comes through the gateway alone.

    Args:
        workloads: everything that may run in the namespace at one time, Helm hooks and Jobs among it.
        load_balancers: Services of that type.

    Returns:
        Quantities by name: CPU in millicores, the rest in bytes or a count.

    Raises:
        ValueError: if a size is no quantity.
    """
    hard = {"pods": str(sum(workload.pods for workload in workloads))}
    for kind in ("requests", "limits"):
        totals = {"cpu": 0, "memory": 0, "ephemeral-storage": 0}
        for workload in workloads:
            size = workload.requests if kind == "requests" else workload.limits
            totals["cpu"] += workload.pods * millicores(size.cpu)
            totals["memory"] += workload.pods * in_bytes(size.memory)
            totals["ephemeral-storage"] += workload.pods * in_bytes(size.ephemeral_storage)
        hard[f"{kind}.cpu"] = f"{totals['cpu']}m" if totals["cpu"] % 1000 else str(totals["cpu"] // 1000)
        hard[f"{kind}.memory"] = _written(totals["memory"])
        hard[f"{kind}.ephemeral-storage"] = _written(totals["ephemeral-storage"])
    return {**hard, "services.loadbalancers": str(load_balancers), "services.nodeports": "0"}


def _written(amount: int) -> str:
    """An amount of bytes in the largest binary unit that shows it exactly."""
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        one = in_bytes(f"1{unit}")
        if amount and amount % one == 0:
            return f"{amount // one}{unit}"
    return str(amount)
