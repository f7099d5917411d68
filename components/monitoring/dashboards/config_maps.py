"""The dashboards as ConfigMaps, which Grafana's sidecar picks up by their label."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions
from components.monitoring.dashboards import depths, service
from components.monitoring.dashboards.panels import Board, written
from components.monitoring.rules import dashboard_uid
from settings.monitoring import Monitoring

LABEL: Final = "grafana_dashboard"
"""What the sidecar of Grafana's chart looks for, in its default settings."""


def boards(monitoring: Monitoring) -> Sequence[Board]:
    """All of them; each is what some alert links to."""
    return (
        service.overview(monitoring),
        service.api(monitoring),
        depths.database(monitoring),
        depths.backups(monitoring),
        service.blue_green(monitoring),
        depths.infrastructure(monitoring),
        depths.business_board(monitoring),
    )


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs:
    """What is drawn.

    Attributes:
        namespace: where the ConfigMaps live.
        monitoring: thresholds, source of request metrics, links.
    """

    namespace: pulumi.Input[str]
    monitoring: Monitoring


class Dashboards(pulumi.ComponentResource):
    """One ConfigMap a dashboard. Nobody can edit them in Grafana, so what is seen is what was reviewed."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:Dashboards", name, None, opts)
        for board in boards(args.monitoring):
            document = written(board, args.monitoring.links.logs)
            core.v1.ConfigMap(
                f"dashboard-{board.name}",
                metadata=ObjectMetaArgs(
                    name=f"dashboard-{dashboard_uid(board.name)}",
                    namespace=args.namespace,
                    labels={**conventions.labels("monitoring"), LABEL: "1"},
                ),
                data={f"{dashboard_uid(board.name)}.json": json.dumps(document, indent=1, sort_keys=True)},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
