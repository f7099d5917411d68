"""What is scraped: every program that exports metrics the rules read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.monitoring.job_metrics import NAMES
from components.monitoring.postgres_exporter import JOBS
from components.monitoring.postgres_exporter import LABELS as POSTGRES_LABELS
from settings.monitoring import RequestMetrics


@dataclass(frozen=True, kw_only=True)
class Target:
    """Pods that export metrics.

    Attributes:
        name: of the PodMonitor.
        namespaces: where the pods run.
        labels: the pods' own.
        port: the name of the container's port.
        path: where metrics are.
        keep: a regular expression over the metrics that are kept; empty for all.
        honor_labels: whether a `namespace` in a metric is the subject's, not the pod's, and is to be kept.
    """

    name: str
    namespaces: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    port: str = "metrics"
    path: str = "/metrics"
    keep: str = ""
    honor_labels: bool = False


@dataclass(frozen=True, kw_only=True)
class MonitorsArgs:
    """What is scraped.

    Attributes:
        namespace: where the PodMonitor objects live.
        gateway_namespace: where the gateway's or ingress controller's pods run.
        requests: who counts requests.
    """

    namespace: pulumi.Input[str]
    gateway_namespace: str
    requests: RequestMetrics


def targets(args: MonitorsArgs) -> tuple[Target, ...]:
    """Everything but what a cluster's own monitoring scrapes: kubelets, nodes, kube-state-metrics, Prometheus."""
    name = "app.kubernetes.io/name"
    requests = {
        "gateway": Target(
            name="envoy",
            namespaces=(args.gateway_namespace,),
            labels={"app": "envoy"},
            port="metrics",
            path="/stats/prometheus",
        ),
        "ingress": Target(name="ingress-nginx", namespaces=(args.gateway_namespace,), labels={name: "ingress-nginx"}),
        "application": Target(
            name="api",
            namespaces=tuple(map(conventions.slot_namespace, conventions.SLOTS)),
            labels={name: conventions.API},
            port="http",
        ),
    }
    return (
        requests[args.requests],
        Target(name="postgres", namespaces=(conventions.PRODUCTION_NAMESPACE,), labels=POSTGRES_LABELS),
        # Of the second exporter only what it is there for: its pg_up is that of a database that the first job makes.
        Target(
            name="jobs",
            namespaces=(conventions.PRODUCTION_NAMESPACE,),
            labels=POSTGRES_LABELS,
            port=JOBS,
            keep="|".join(sorted(NAMES)),
        ),
        Target(name="redis", namespaces=(conventions.PRODUCTION_NAMESPACE,), labels={name: "redis"}),
        Target(
            name="cert-manager",
            namespaces=("cert-manager",),
            labels={name: "cert-manager"},
            port="http-metrics",
            honor_labels=True,
        ),
        # The namespace of the guide's own controller.yaml, and the one that this program installs it in.
        Target(
            name="sealed-secrets",
            namespaces=("kube-system", "sealed-secrets"),
            labels={name: "sealed-secrets"},
            honor_labels=True,
        ),
        Target(
            name="external-secrets",
            namespaces=("external-secrets",),
            labels={name: "external-secrets"},
            honor_labels=True,
        ),
    )


def _kept(pattern: str) -> dict[str, object]:
    rule = {"action": "keep", "sourceLabels": ["__name__"], "regex": pattern}
    return {"metricRelabelings": [rule]} if pattern else {}


class Monitors(pulumi.ComponentResource):
    """One PodMonitor for each of `targets`."""

    def __init__(self, name: str, args: MonitorsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:Monitors", name, None, opts)
        for target in targets(args):
            CustomResource(
                f"monitor-{target.name}",
                api_version="monitoring.coreos.com/v1",
                kind="PodMonitor",
                metadata={
                    "name": f"{conventions.PROJECT}-{target.name}",
                    "namespace": args.namespace,
                    "labels": conventions.labels("monitoring"),
                },
                spec={
                    "namespaceSelector": {"matchNames": list(target.namespaces)},
                    "selector": {"matchLabels": dict(target.labels)},
                    "podMetricsEndpoints": [
                        {
                            "port": target.port,
                            "path": target.path,
                            "interval": "30s",
                            "honorLabels": target.honor_labels,
                            **_kept(target.keep),
                        }
                    ],
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
