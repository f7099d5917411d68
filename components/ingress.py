"""The guide's Ingress `stratmaster-ingress`, for clusters with ingress-nginx and no gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Service
from pulumi_kubernetes.networking.v1 import Ingress as KubernetesIngress

from components import conventions
from components.routes import SECURITY_HEADERS

_HEADERS = "stratmaster-response-headers"


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    """Who goes where.

    Attributes:
        namespace: where the Ingress lives.
        host: the one name that is routed.
        class_name: the IngressClass.
        weights: slot -> per cent; exactly one slot has 100.
        maintenance: whether everybody goes to the maintenance page instead.
        body_size_megabytes: of a request.
        timeout_seconds: how long an answer may take.
        requests_per_minute: of one client.
        response_headers: whether the controller allows the security headers; one that doesn't answers 503 to everything.
        after: what has to be there first. A component's own dependencies don't reach its children, so they are named.
    """

    namespace: pulumi.Input[str]
    host: str
    class_name: str
    weights: Mapping[str, int]
    maintenance: bool
    body_size_megabytes: int
    timeout_seconds: int
    requests_per_minute: int
    response_headers: bool
    after: Sequence[pulumi.Resource]


class Ingress(pulumi.ComponentResource):
    """The Ingress, and a Service per slot, `stratmaster-blue` and `stratmaster-green`, that names the slot's own.

    An Ingress reaches only Services of its namespace (facts.md C7), hence the Services of type ExternalName. Annotations
    hold no snippets, which ingress-nginx has switched off for good reason. Without them, /debug is blocked by a path of its own.

    Attributes:
        weights: what has been applied, known once it is.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Ingress", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        services = [_slot_service(slot, args, child) for slot in args.weights]
        if args.response_headers:
            ConfigMap("response-headers", metadata=_metadata(_HEADERS, args), data=dict(SECURITY_HEADERS), opts=child)
        ingress = KubernetesIngress(
            "ingress",
            metadata={**_metadata(conventions.INGRESS, args), "annotations": _annotations(args)},
            spec=_spec(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*services, *args.after]),
        )
        self.weights = ingress.id.apply(lambda _: dict(args.weights))
        self.register_outputs({})


def _metadata(name: str, args: IngressArgs) -> dict[str, object]:
    return {"name": name, "namespace": args.namespace, "labels": conventions.labels("ingress")}


def _slot_service(slot: str, args: IngressArgs, opts: pulumi.ResourceOptions) -> Service:
    return Service(
        f"{slot}-service",
        metadata=_metadata(f"{conventions.PROJECT}-{slot}", args),
        spec={
            "type": "ExternalName",
            "externalName": f"{conventions.API}.{conventions.slot_namespace(slot)}.svc.cluster.local",
            "ports": [{"name": "http", "port": conventions.API_SERVICE_PORT, "protocol": "TCP"}],
        },
        opts=opts,
    )


def _annotations(args: IngressArgs) -> dict[str, str]:
    prefix = "nginx.ingress.kubernetes.io"
    headers = {f"{prefix}/custom-headers": f"{conventions.PRODUCTION_NAMESPACE}/{_HEADERS}"} if args.response_headers else {}
    return {
        f"{prefix}/force-ssl-redirect": "true",
        f"{prefix}/proxy-body-size": f"{args.body_size_megabytes}m",
        f"{prefix}/proxy-read-timeout": str(args.timeout_seconds),
        f"{prefix}/limit-rpm": str(args.requests_per_minute),
        **headers,
        "pulumi.com/timeoutSeconds": "300",
    }


def _spec(args: IngressArgs) -> dict[str, object]:
    live = next(slot for slot, weight in args.weights.items() if weight > 0)
    target = conventions.MAINTENANCE if args.maintenance else f"{conventions.PROJECT}-{live}"
    return {
        "ingressClassName": args.class_name,
        "tls": [{"hosts": [args.host], "secretName": conventions.TLS}],
        "rules": [
            {
                "host": args.host,
                "http": {
                    "paths": [
                        _path("/debug", conventions.MAINTENANCE, conventions.MAINTENANCE_SERVICE_PORT),
                        _path("/", target, conventions.API_SERVICE_PORT),
                    ]
                },
            }
        ],
    }


def _path(path: str, service: str, port: int) -> dict[str, object]:
    return {"path": path, "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": port}}}}
