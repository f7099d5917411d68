"""The Prometheus operator: turns rules, probes and monitors into Prometheus' configuration."""

from typing import Final

from components.controllers import needs
from components.controllers.controller import CONTAINER, PATIENCE, Controller, Place, Values, resources, workload

_NOT_OURS: Final = (
    "alertmanager",
    "coreDns",
    "defaultRules",
    "grafana",
    "kubeApiServer",
    "kubeControllerManager",
    "kubeEtcd",
    "kubeProxy",
    "kubeScheduler",
    "kubeStateMetrics",
    "kubelet",
    "kubernetesServiceMonitors",
    "nodeExporter",
    "prometheus",
    "windowsMonitoring",
)
"""The rest of the chart: a whole monitoring, which the cluster has for all its tenants (docs/controllers.md). In
kube-prometheus-stack `defaultRules` is switched by `create`."""


def _values(_: Place) -> Values:
    job = {"securityContext": CONTAINER}
    return {
        **{part: {"create" if part == "defaultRules" else "enabled": False} for part in _NOT_OURS},
        "crds": {"enabled": True},
        "cleanPrometheusOperatorObjectNames": True,
        "prometheusOperator": {
            "resources": resources(),
            "containerSecurityContext": CONTAINER,
            "livenessProbe": {"failureThreshold": PATIENCE},
            "prometheusConfigReloader": {"resources": resources()},
            "admissionWebhooks": {
                "createSecretJob": job,
                "patchWebhookJob": job,
                "patch": {"resources": resources()},
            },
            # Its own Service in kube-system, by which kubelets are scraped, is the whole monitoring's business.
            "kubeletService": {"enabled": False},
            "kubeletEndpointsEnabled": False,
        },
    }


PROMETHEUS_OPERATOR: Final = Controller(
    need=needs.PROMETHEUS_OPERATOR,
    key="prometheus_operator",
    name="prometheus-operator",
    namespace="prometheus-operator",
    values=_values,
    # One: it knows no election. What it has configured goes on without it.
    workloads=(workload(replicas=1),),
    webhooks=(10250,),
    metrics=(10250,),
)
"""Its definitions lie in a crds/ folder, which Helm installs once and never takes away."""
