"""Pods, roll-outs, jobs, autoscalers, disruption budgets, quotas."""

from components import conventions
from components.monitoring.alerts.places import IN_OURS, IN_SLOTS, WHERE
from components.monitoring.rules import Alert, Group, placed

_POD = f"{{{{ $labels.container }}}} of {{{{ $labels.pod }}}} in {WHERE}"


def group() -> Group:
    """What goes wrong with what runs, whoever is on it."""
    return Group(name="stratmaster-workloads", dashboard="infrastructure", rules=(*_pods(), *_roll_outs(), *_scaling()))


def _pods() -> tuple[Alert, ...]:
    waiting = "kube_pod_container_status_waiting_reason"
    killed = f'kube_pod_container_status_last_terminated_reason{{{IN_OURS},reason="OOMKilled"}}'
    restarted = f"increase(kube_pod_container_status_restarts_total{{{IN_OURS}}}[15m]) > 0"
    return (
        Alert(
            name="PodCrashLooping",
            # A container in a crash loop runs for moments between its waits.
            expr=placed(f'max_over_time({waiting}{{{IN_OURS},reason="CrashLoopBackOff"}}[5m]) > 0'),
            wait="10m",
            summary="A container crashes again and again",
            description=f"Container {_POD} has been in CrashLoopBackOff for 10 minutes.",
        ),
        Alert(
            name="PodOutOfMemory",
            expr=placed(f"{killed} and on (namespace, pod, container) {restarted}"),
            wait="1m",
            summary="A container was killed for want of memory",
            description=(
                f"Container {_POD} reached its memory limit, was killed and started anew within the last 15 minutes."
            ),
        ),
        Alert(
            name="PodImageUnavailable",
            expr=placed(f'{waiting}{{{IN_OURS},reason=~"ErrImagePull|ImagePullBackOff|InvalidImageName"}} > 0'),
            wait="5m",
            summary="An image can't be pulled",
            description=f"Container {_POD} has waited 5 minutes for its image: {{{{ $labels.reason }}}}.",
        ),
        Alert(
            name="PodNotStarting",
            expr=placed(f'sum by (namespace, pod) (kube_pod_status_phase{{{IN_OURS},phase=~"Pending|Unknown"}}) > 0'),
            wait="15m",
            summary="A pod doesn't start",
            description=f"Pod {{{{ $labels.pod }}}} in {WHERE} has been pending for 15 minutes.",
        ),
    )


def _roll_outs() -> tuple[Alert, ...]:
    return (
        Alert(
            name="RolloutStuck",
            expr=placed(f'kube_deployment_status_condition{{{IN_OURS},condition="Progressing",status="false"}} > 0'),
            wait="5m",
            summary="A roll-out makes no progress",
            description=f"Deployment {{{{ $labels.deployment }}}} in {WHERE} has passed its progress deadline.",
        ),
        Alert(
            name="ReplicasMissing",
            expr=placed(
                f"kube_deployment_spec_replicas{{{IN_OURS}}} - "
                f"kube_deployment_status_replicas_available{{{IN_OURS}}} > 0"
            ),
            wait="15m",
            summary="A Deployment has fewer pods than it should",
            description=(
                f"Deployment {{{{ $labels.deployment }}}} in {WHERE} has been {{{{ $value }}}} pods short for "
                "15 minutes."
            ),
        ),
        Alert(
            name="JobFailed",
            expr=placed(f'kube_job_failed{{{IN_OURS},condition="true"}} > 0'),
            wait="1m",
            summary="A job failed",
            description=f"Job {{{{ $labels.job_name }}}} in {WHERE} has failed for good.",
        ),
        Alert(
            name="DisruptionBudgetBroken",
            expr=placed(
                f"kube_poddisruptionbudget_status_desired_healthy{{{IN_OURS}}} - "
                f"kube_poddisruptionbudget_status_current_healthy{{{IN_OURS}}} > 0"
            ),
            wait="10m",
            summary="Fewer pods than the disruption budget wants",
            description=(
                f"Budget {{{{ $labels.poddisruptionbudget }}}} in {WHERE} is {{{{ $value }}}} healthy pods "
                "short: no node can be drained."
            ),
        ),
    )


def _at_maximum(selector: str) -> str:
    return (
        f"kube_horizontalpodautoscaler_status_current_replicas{{{selector}}} >= "
        f"kube_horizontalpodautoscaler_spec_max_replicas{{{selector}}}"
    )


def _scaling() -> tuple[Alert, ...]:
    autoscaler = f"{{{{ $labels.horizontalpodautoscaler }}}} in {WHERE}"
    api = f'{IN_SLOTS},horizontalpodautoscaler="{conventions.API}"'
    used = f'kube_resourcequota{{{IN_OURS},type="used"}}'
    hard = f'(kube_resourcequota{{{IN_OURS},type="hard"}} > 0)'
    return (
        Alert(
            name="AutoscalerAtMaximum",
            # One that was given no room is at its maximum by design.
            expr=placed(
                f"{_at_maximum(IN_OURS)} and kube_horizontalpodautoscaler_spec_max_replicas{{{IN_OURS}}} > "
                f"kube_horizontalpodautoscaler_spec_min_replicas{{{IN_OURS}}}"
            ),
            wait="15m",
            summary="An autoscaler can't add more pods",
            description=f"Autoscaler {autoscaler} has been at its maximum of {{{{ $value }}}} pods for 15 minutes.",
        ),
        Alert(
            name="ApiSaturated",
            expr=placed(
                f"avg by (namespace) (stratmaster:container_cpu_used:ratio{{{IN_SLOTS},"
                f'container="{conventions.API_CONTAINER}"}}) > 0.9 and on (namespace) '
                f"({_at_maximum(api)})"
            ),
            wait="10m",
            summary="The API is at its maximum and has no CPU left",
            description=(
                f"All pods of {WHERE} that the autoscaler may start are up and use {{{{ $value | "
                f"humanizePercentage }}}} of their CPU."
            ),
            severity="page",
        ),
        Alert(
            name="AutoscalerBlind",
            expr=placed(
                f"kube_horizontalpodautoscaler_status_condition{{{IN_OURS},"
                'condition="ScalingActive",status="false"} > 0'
            ),
            wait="15m",
            summary="An autoscaler gets no measurements",
            description=f"Autoscaler {autoscaler} can't scale: the metrics it follows are missing.",
        ),
        Alert(
            name="QuotaAlmostUsed",
            expr=placed(f"{used} / ignoring (type) {hard} > 0.9"),
            wait="15m",
            summary="A namespace's quota is almost used up",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of {{{{ $labels.resource }}}} in {WHERE} is used: a "
                "roll-out may not fit."
            ),
        ),
    )
