"""The guide's infrastructure metrics: CPU, memory and storage (facts.md 1.5, C21)."""

from components.monitoring.alerts.places import IN_OURS, WHERE
from components.monitoring.rules import Alert, Group, Recording, placed
from settings.monitoring import Monitoring

CPU = "stratmaster:container_cpu_used:ratio"
MEMORY = "stratmaster:container_memory_used:ratio"
NODE_CPU = "stratmaster:node_cpu_used:ratio"
NODE_MEMORY = "stratmaster:node_memory_used:ratio"
VOLUME = "stratmaster:volume_used:ratio"

CRITICAL_MEMORY_PERCENT = 95
"""The next allocation may be the last: the kernel kills what reaches its limit (facts.md C21)."""

_CONTAINER = "namespace, pod, container"


def group(monitoring: Monitoring) -> Group:
    """Each of the guide's rows for containers and for nodes; memory near the limit wakes somebody."""
    at = monitoring.thresholds
    return Group(
        name="stratmaster-capacity",
        dashboard="infrastructure",
        rules=(
            *_recordings(),
            *_containers(at.cpu_percent, at.memory_percent),
            *_nodes(monitoring),
            *_storage(at.storage_percent),
        ),
    )


def _recordings() -> tuple[Recording, ...]:
    real = f'{IN_OURS},container!=""'
    return (
        Recording(
            name=CPU,
            expr=(
                f"sum by ({_CONTAINER}) (rate(container_cpu_usage_seconds_total{{{real}}}[5m])) / "
                f'sum by ({_CONTAINER}) (kube_pod_container_resource_limits{{{real},resource="cpu"}})'
            ),
        ),
        Recording(
            name=MEMORY,
            expr=(
                f"sum by ({_CONTAINER}) (container_memory_working_set_bytes{{{real}}}) / "
                f'sum by ({_CONTAINER}) (kube_pod_container_resource_limits{{{real},resource="memory"}})'
            ),
        ),
        Recording(name=NODE_CPU, expr='1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))'),
        Recording(name=NODE_MEMORY, expr="1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"),
        Recording(
            name=VOLUME,
            expr=(
                f"1 - kubelet_volume_stats_available_bytes{{{IN_OURS}}} / "
                f"kubelet_volume_stats_capacity_bytes{{{IN_OURS}}}"
            ),
        ),
    )


def _over(name: str, series: str, percent: int, who: str, what: str) -> Alert:
    return Alert(
        name=name,
        expr=f"{series} > {percent / 100:g}",
        wait="15m",
        summary=f"{what} above {percent} %",
        description=f"{who} uses {{{{ $value | humanizePercentage }}}} of its {what}; {percent} % is the threshold.",
    )


def _containers(cpu_percent: int, memory_percent: int) -> tuple[Alert, ...]:
    who = f"Container {{{{ $labels.container }}}} of {{{{ $labels.pod }}}} in {WHERE}"
    return (
        _over("ContainerCpuHigh", placed(CPU), cpu_percent, who, "CPU limit"),
        _over("ContainerMemoryHigh", placed(MEMORY), memory_percent, who, "memory limit"),
        Alert(
            name="ContainerMemoryCritical",
            expr=f"{placed(MEMORY)} > {CRITICAL_MEMORY_PERCENT / 100:g}",
            wait="5m",
            severity="page",
            summary=f"Memory above {CRITICAL_MEMORY_PERCENT} % of its limit: about to be killed",
            description=f"{who} uses {{{{ $value | humanizePercentage }}}} of its memory limit and is killed at 100 %.",
        ),
    )


def _nodes(monitoring: Monitoring) -> tuple[Alert, ...]:
    who, at = "Node {{ $labels.instance }}", monitoring.thresholds
    disk = 'node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"}'
    size = 'node_filesystem_size_bytes{fstype!~"tmpfs|overlay|squashfs"}'
    return (
        _over("NodeCpuHigh", NODE_CPU, at.cpu_percent, who, "CPU"),
        _over("NodeMemoryHigh", NODE_MEMORY, at.memory_percent, who, "memory"),
        _over(
            "NodeStorageHigh",
            f"1 - {disk} / {size}",
            at.storage_percent,
            f"{who}, {{{{ $labels.mountpoint }}}},",
            "storage",
        ),
        Alert(
            name="NodeNotReady",
            expr='kube_node_status_condition{condition="Ready",status="true"} == 0',
            wait="10m",
            summary="A node is not ready",
            description="Node {{ $labels.node }} has not been ready for 10 minutes; its pods are moved elsewhere.",
        ),
    )


def _storage(percent: int) -> tuple[Alert, ...]:
    who = f"Volume {{{{ $labels.persistentvolumeclaim }}}} in {WHERE}"
    soon = f"predict_linear(kubelet_volume_stats_available_bytes{{{IN_OURS}}}[6h], 345600) < 0"
    return (
        _over("VolumeStorageHigh", placed(VOLUME), percent, who, "storage"),
        Alert(
            name="VolumeFullSoon",
            expr=placed(f"{VOLUME} and {VOLUME} > 0.6 and {soon}"),
            wait="1h",
            summary="A volume will be full within four days",
            description=(
                f"{who} is {{{{ $value | humanizePercentage }}}} full and, growing as in the last 6 hours, "
                "full in 4 days."
            ),
        ),
    )
