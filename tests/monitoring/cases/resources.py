"""CPU, memory, storage, pods, roll-outs, autoscalers, quotas."""

from tests.monitoring.cases.case import Case
from tests.monitoring.timeline import counter, gauge

IN = 'namespace="stratmaster-blue"'
ALSO = 'namespace="stratmaster-green"'
POD = f'{IN},pod="stratmaster-api-1",container="api"'
BLUE = {"workload_namespace": "stratmaster-blue"}
CORE = 60.0
"""Seconds of CPU a minute of one core."""
GIBI = 1024.0**3
CPU_LIMIT = gauge(f'kube_pod_container_resource_limits{{{POD},resource="cpu"}}', 4, 4)
MEMORY_LIMIT = gauge(f'kube_pod_container_resource_limits{{{POD},resource="memory"}}', 8 * GIBI, 8 * GIBI)
HPA = 'horizontalpodautoscaler="stratmaster-api"'
CLAIM = f'{IN},persistentvolumeclaim="postgres-1"'

CASES = (
    Case(
        alert="ContainerCpuHigh",
        lag=2,
        recovery=1,
        series=(counter(f"container_cpu_usage_seconds_total{{{POD}}}", CORE, 4 * CORE), CPU_LIMIT),
        says="Container api of stratmaster-api-1 in stratmaster-blue uses 100% of its CPU limit; 80 %",
        labels=BLUE,
    ),
    Case(
        alert="ContainerMemoryHigh",
        series=(gauge(f"container_memory_working_set_bytes{{{POD}}}", 2 * GIBI, 7.2 * GIBI), MEMORY_LIMIT),
        says="uses 90% of its memory limit; 85 % is the threshold",
        labels=BLUE,
    ),
    Case(
        alert="ContainerMemoryCritical",
        series=(gauge(f"container_memory_working_set_bytes{{{POD}}}", 7.2 * GIBI, 7.8 * GIBI), MEMORY_LIMIT),
        says="uses 97.5% of its memory limit and is killed",
        labels=BLUE,
    ),
    Case(
        alert="NodeCpuHigh",
        lag=2,
        recovery=1,
        series=(counter('node_cpu_seconds_total{instance="a:9100",cpu="0",mode="idle"}', CORE / 2, 0),),
        warm_up=30,
        says="Node a:9100 uses 100% of its CPU",
        labels={"instance": "a:9100"},
    ),
    Case(
        alert="NodeMemoryHigh",
        series=(
            gauge('node_memory_MemAvailable_bytes{instance="a:9100"}', 16 * GIBI, 3.2 * GIBI),
            gauge('node_memory_MemTotal_bytes{instance="a:9100"}', 32 * GIBI, 32 * GIBI),
        ),
        says="Node a:9100 uses 90% of its memory",
    ),
    Case(
        alert="NodeStorageHigh",
        series=(
            gauge('node_filesystem_avail_bytes{instance="a:9100",mountpoint="/",fstype="ext4"}', 50, 5),
            gauge('node_filesystem_size_bytes{instance="a:9100",mountpoint="/",fstype="ext4"}', 100, 100),
        ),
        says="Node a:9100, /, uses 95% of its storage",
    ),
    Case(
        alert="NodeNotReady",
        series=(gauge('kube_node_status_condition{node="a",condition="Ready",status="true"}', 1, 0),),
        says="Node a has not been ready",
    ),
    Case(
        alert="VolumeStorageHigh",
        series=(
            gauge(f"kubelet_volume_stats_available_bytes{{{CLAIM}}}", 50 * GIBI, 5 * GIBI),
            gauge(f"kubelet_volume_stats_capacity_bytes{{{CLAIM}}}", 100 * GIBI, 100 * GIBI),
        ),
        says="Volume postgres-1 in stratmaster-blue uses 95% of its storage",
        labels=BLUE,
    ),
    Case(
        alert="VolumeFullSoon",
        lag=6,
        recovery=26,
        series=(
            gauge(f"kubelet_volume_stats_available_bytes{{{CLAIM}}}", 35e9, 35e9, slope=-2e7),
            gauge(f"kubelet_volume_stats_capacity_bytes{{{CLAIM}}}", 100e9, 100e9),
        ),
        says="full and, growing as in the last 6 hours, full in 4 days",
        labels=BLUE,
    ),
    Case(
        alert="PodCrashLooping",
        recovery=4,
        series=(
            gauge(f'kube_pod_container_status_waiting_reason{{{POD},reason="CrashLoopBackOff"}}', None, 1),
            gauge(
                "kube_pod_container_status_waiting_reason"
                f'{{{ALSO},pod="stratmaster-api-1",container="api",reason="CrashLoopBackOff"}}',
                None,
                1,
            ),
        ),
        says="in CrashLoopBackOff for 10 minutes",
        alerts=2,  # the same pod's name in both slots stays two alerts
    ),
    Case(
        alert="PodOutOfMemory",
        series=(
            gauge(f'kube_pod_container_status_last_terminated_reason{{{POD},reason="OOMKilled"}}', None, 1),
            counter(f"kube_pod_container_status_restarts_total{{{POD}}}", 0, 1),
        ),
        says="Container api of stratmaster-api-1 in stratmaster-blue reached its memory limit",
        labels=BLUE,
    ),
    Case(
        alert="PodImageUnavailable",
        series=(gauge(f'kube_pod_container_status_waiting_reason{{{POD},reason="ImagePullBackOff"}}', None, 1),),
        says="ImagePullBackOff",
        labels=BLUE,
    ),
    Case(
        alert="PodNotStarting",
        series=(gauge(f'kube_pod_status_phase{{{IN},pod="stratmaster-api-1",phase="Pending"}}', 0, 1),),
        says="Pod stratmaster-api-1 in stratmaster-blue has been pending",
        labels=BLUE,
    ),
    Case(
        alert="RolloutStuck",
        series=(
            gauge(
                f'kube_deployment_status_condition{{{IN},deployment="stratmaster-api",condition="Progressing",'
                'status="false"}',
                0,
                1,
            ),
        ),
        says="Deployment stratmaster-api in stratmaster-blue has passed its progress deadline",
        labels=BLUE,
    ),
    Case(
        alert="ReplicasMissing",
        series=(
            gauge(f'kube_deployment_spec_replicas{{{IN},deployment="stratmaster-api"}}', 3, 3),
            gauge(f'kube_deployment_status_replicas_available{{{IN},deployment="stratmaster-api"}}', 3, 1),
        ),
        says="has been 2 pods short",
        labels=BLUE,
    ),
    Case(
        alert="JobFailed",
        series=(gauge(f'kube_job_failed{{{IN},job_name="migrate",condition="true"}}', None, 1),),
        says="Job migrate in stratmaster-blue has failed for good",
        labels=BLUE,
    ),
    Case(
        alert="DisruptionBudgetBroken",
        series=(
            gauge(
                f'kube_poddisruptionbudget_status_desired_healthy{{{IN},poddisruptionbudget="stratmaster-api"}}', 2, 2
            ),
            gauge(
                f'kube_poddisruptionbudget_status_current_healthy{{{IN},poddisruptionbudget="stratmaster-api"}}', 3, 1
            ),
        ),
        says="Budget stratmaster-api in stratmaster-blue is 1 healthy pods short",
        labels=BLUE,
    ),
    Case(
        alert="AutoscalerAtMaximum",
        series=(
            gauge(f"kube_horizontalpodautoscaler_status_current_replicas{{{IN},{HPA}}}", 3, 10),
            gauge(f"kube_horizontalpodautoscaler_spec_max_replicas{{{IN},{HPA}}}", 10, 10),
            gauge(f"kube_horizontalpodautoscaler_spec_min_replicas{{{IN},{HPA}}}", 3, 3),
        ),
        says="at its maximum of 10 pods",
        labels=BLUE,
    ),
    Case(
        alert="ApiSaturated",
        series=(
            counter(f"container_cpu_usage_seconds_total{{{POD}}}", 4 * CORE, 4 * CORE),
            CPU_LIMIT,
            gauge(f"kube_horizontalpodautoscaler_status_current_replicas{{{IN},{HPA}}}", 3, 10),
            gauge(f"kube_horizontalpodautoscaler_spec_max_replicas{{{IN},{HPA}}}", 10, 10),
        ),
        says="All pods of stratmaster-blue that the autoscaler may start are up and use 100% of their CPU",
        labels=BLUE,
    ),
    Case(
        alert="AutoscalerBlind",
        series=(
            gauge(
                f'kube_horizontalpodautoscaler_status_condition{{{IN},{HPA},condition="ScalingActive",status="false"}}',
                0,
                1,
            ),
        ),
        says="Autoscaler stratmaster-api in stratmaster-blue can't scale",
        labels=BLUE,
    ),
    Case(
        alert="QuotaAlmostUsed",
        series=(
            gauge(f'kube_resourcequota{{{IN},resourcequota="stratmaster",resource="pods",type="used"}}', 20, 38),
            gauge(f'kube_resourcequota{{{IN},resourcequota="stratmaster",resource="pods",type="hard"}}', 40, 40),
        ),
        says="95% of pods in stratmaster-blue is used",
        labels=BLUE,
    ),
)
