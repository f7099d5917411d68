"""The Gateway `stratmaster`: where users come in."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions

API_VERSION: Final = "gateway.networking.k8s.io/v1"
HTTP: Final = "http"
HTTPS: Final = "https"


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What listens.

    Attributes:
        namespace: where the Gateway, its certificate and the only routes that may join it live.
        host: the one name that is answered.
        gateway_class: which controller serves it.
    """

    namespace: pulumi.Input[str]
    host: str
    gateway_class: str


class Gateway(pulumi.ComponentResource):
    """One listener for HTTP, which only redirects, and one for HTTPS with the certificate `stratmaster-tls`.

    Routes of other namespaces can't join, so no slot can route users to itself. It is awaited until its controller
    has accepted it, and no further: to be programmed it may need the certificate, which may need this Gateway's
    HTTP listener to prove the name.
    """

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Gateway", name, None, opts)
        own_routes = {
            "namespaces": {"from": "Same"},
            "kinds": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}],
        }
        CustomResource(
            "gateway",
            api_version=API_VERSION,
            kind="Gateway",
            metadata={
                "name": conventions.GATEWAY,
                "namespace": args.namespace,
                "labels": conventions.labels("gateway"),
                "annotations": conventions.waits_for("condition=Accepted"),
            },
            spec={
                "gatewayClassName": args.gateway_class,
                "listeners": [
                    {"name": HTTP, "protocol": "HTTP", "port": 80, "hostname": args.host, "allowedRoutes": own_routes},
                    {
                        "name": HTTPS,
                        "protocol": "HTTPS",
                        "port": 443,
                        "hostname": args.host,
                        "allowedRoutes": own_routes,
                        "tls": {
                            "mode": "Terminate",
                            "certificateRefs": [{"group": "", "kind": "Secret", "name": conventions.TLS}],
                        },
                    },
                ],
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
