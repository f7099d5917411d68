"""The alert rules as PrometheusRule objects, one an area."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.monitoring import objectives
from components.monitoring.alerts import (
    api,
    backups,
    business,
    capacity,
    certificates,
    postgres,
    redis,
    release,
    scans,
    secrets,
    watching,
    workloads,
)
from components.monitoring.rules import Addresses, Group, written
from settings.monitoring import Monitoring

OFF: str = "stratmaster.com/off"
"""The annotation that says which rules wait for a metric, as JSON: alert -> metric."""


def areas(monitoring: Monitoring, *, scanned: bool = False) -> dict[str, Sequence[Group]]:
    """Every group, by the PrometheusRule that holds it. An area without rules has no object.

    Args:
        monitoring: figures, source of request metrics.
        scanned: whether images that run are scanned.
    """
    at = monitoring.thresholds
    found: dict[str, Sequence[Group]] = {
        "windows": list(objectives.recordings(monitoring)),
        "objectives": list(objectives.alerts(monitoring)),
        "api": [api.group(monitoring)],
        "capacity": [capacity.group(monitoring)],
        "workloads": [workloads.group()],
        "postgres": [postgres.group(at)],
        "redis": [redis.group()],
        "backups": [backups.group()],
        "certificates": [certificates.group(at)],
        "scans": [scans.group()] if scanned else [],
        "secrets": [secrets.group()],
        "release": [release.group(at)],
        "watching": [watching.group()],
        "business": [business.group(monitoring.business_metrics)],
    }
    return {name: groups for name, groups in found.items() if any(group.rules for group in groups)}


@dataclass(frozen=True, kw_only=True)
class AlertRulesArgs:
    """What is watched for.

    Attributes:
        namespace: where the objects live.
        monitoring: figures, source of request metrics, links.
        scanned: whether images that run are scanned.
    """

    namespace: pulumi.Input[str]
    monitoring: Monitoring
    scanned: bool = False


class AlertRules(pulumi.ComponentResource):
    """All alert rules and the recordings they read.

    Guards against finding out from users. Rules that no metric feeds yet aren't declared; the preview names them, and
    so does an annotation on the object `stratmaster-watching`.
    """

    def __init__(self, name: str, args: AlertRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:AlertRules", name, None, opts)
        links = args.monitoring.links
        addresses = Addresses(runbooks=links.runbooks, grafana=links.grafana, logs=links.logs)
        waiting = business.off(args.monitoring.business_metrics)
        if waiting:
            names = ", ".join(f"{alert} ({metric})" for alert, metric in waiting.items())
            pulumi.log.info(f"Alerts that are off until the application exports their metric: {names}.", self)
        for area, groups in areas(args.monitoring, scanned=args.scanned).items():
            annotations = {"annotations": {OFF: json.dumps(waiting)}} if area == "watching" and waiting else {}
            CustomResource(
                f"alerts-{area}",
                api_version="monitoring.coreos.com/v1",
                kind="PrometheusRule",
                metadata={
                    "name": f"{conventions.PROJECT}-{area}",
                    "namespace": args.namespace,
                    "labels": conventions.labels("monitoring"),
                    **annotations,
                },
                spec={"groups": [written(group, addresses) for group in groups if group.rules]},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
