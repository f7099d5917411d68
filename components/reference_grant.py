"""The slot's word that traffic may route to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions


@dataclass(frozen=True, kw_only=True)
class ReferenceGrantArgs:
    """Who may route where.

    Attributes:
        namespace: the slot's.
        routes_namespace: that of the HTTPRoutes.
        after: all that the slot is made of.
    """

    namespace: pulumi.Input[str]
    routes_namespace: str
    after: Sequence[pulumi.Resource]


class ReferenceGrant(pulumi.ComponentResource):
    """Lets HTTPRoutes of one namespace reach the one Service `stratmaster-api` of the slot, and nothing else.

    The slot owns it, since the Gateway API wants the word of whoever is routed to; without it a route answers 500.

    It comes last and goes first: while the slot has users the cluster refuses to delete it, and so a `destroy` of the
    slot ends before it has taken anything (`components/live_guard.py`).
    """

    def __init__(self, name: str, args: ReferenceGrantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:ReferenceGrant", name, None, opts)
        self.grant = CustomResource(
            "grant",
            api_version="gateway.networking.k8s.io/v1beta1",
            kind="ReferenceGrant",
            metadata={
                "name": conventions.API,
                "namespace": args.namespace,
                "labels": conventions.labels("gateway"),
            },
            spec={
                "from": [
                    {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": args.routes_namespace}
                ],
                "to": [{"group": "", "kind": "Service", "name": conventions.API}],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})
