"""What `traffic` has applied, as series: which slot is live, and whether the maintenance page is up.

Prometheus can't ask Pulumi, so the stack `traffic` writes what it applies as rules of constant value. Alerts and
dashboards read these names, and know a live slot from an idle one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.monitoring.rules import Addresses, Group, Recording, written

WEIGHT: Final = "stratmaster:slot_weight:percent"
"""By `slot`."""
MAINTENANCE: Final = "stratmaster:maintenance:on"
"""1 or 0."""
RULES: Final = "stratmaster-traffic"


def group(weights: Mapping[str, int], *, maintenance: bool) -> Group:
    """One constant for each slot and one for the switch."""
    slots = (Recording(name=WEIGHT, expr=f"vector({weights[slot]})", labels={"slot": slot}) for slot in weights)
    return Group(name=RULES, rules=(*slots, Recording(name=MAINTENANCE, expr=f"vector({1 if maintenance else 0})")))


@dataclass(frozen=True, kw_only=True)
class LiveRulesArgs:
    """What has been applied.

    Attributes:
        namespace: the foundation's.
        weights: slot -> per cent.
        applied: what applies them, so that the series never runs ahead of it.
        maintenance: whether everybody is sent to the maintenance page.
    """

    namespace: pulumi.Input[str]
    weights: Mapping[str, int]
    applied: pulumi.Resource
    maintenance: bool


class LiveRules(pulumi.ComponentResource):
    """A PrometheusRule that holds the weights and the maintenance switch as constants.

    Without it an alert could not tell a slot that is down and idle from one that is down and live.
    """

    def __init__(self, name: str, args: LiveRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:LiveRules", name, None, opts)
        nowhere = Addresses(runbooks="", grafana="", logs="")  # recordings link to nothing
        CustomResource(
            "live-rules",
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata={
                "name": RULES,
                "namespace": args.namespace,
                "labels": conventions.labels("monitoring"),
            },
            spec={"groups": [written(group(args.weights, maintenance=args.maintenance), nowhere)]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.applied]),
        )
        self.register_outputs({})
