"""The guide's Ingress `stratmaster-ingress`, for clusters with ingress-nginx and no gateway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import core, networking
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions
from components.routes import SECURITY_HEADERS

_HEADERS: Final = "stratmaster-response-headers"


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
        response_headers: whether the controller allows the security headers; one that doesn't answers 503 to
            everything.
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

    An Ingress reaches only Services of its namespace (facts.md C7), hence the Services of type ExternalName.
    Annotations hold no snippets, which ingress-nginx has switched off for good reason; /debug is blocked by a path of
    its own.

    Attributes:
        weights: what has been applied, known once it is.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Ingress", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        first: list[pulumi.Resource] = [*args.after, *(_slot_service(slot, args, child) for slot in args.weights)]
        if args.response_headers:
            headers = core.v1.ConfigMap(
                "response-headers", metadata=_metadata(_HEADERS, args), data=dict(SECURITY_HEADERS), opts=child
            )
            first.append(headers)
        ingress = networking.v1.Ingress(
            "ingress",
            metadata=_metadata(conventions.INGRESS, args, _annotations(args)),
            spec=_spec(args),
            opts=pulumi.ResourceOptions(parent=self, depends_on=first),
        )
        self.weights = ingress.id.apply(lambda _: dict(args.weights))
        self.register_outputs({})


def _metadata(name: str, args: IngressArgs, annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
    return ObjectMetaArgs(
        name=name,
        namespace=args.namespace,
        labels=conventions.labels("ingress"),
        annotations=dict(annotations) if annotations else None,
    )


def _slot_service(slot: str, args: IngressArgs, opts: pulumi.ResourceOptions) -> core.v1.Service:
    return core.v1.Service(
        f"{slot}-service",
        metadata=_metadata(f"{conventions.PROJECT}-{slot}", args),
        spec=core.v1.ServiceSpecArgs(
            type="ExternalName",
            external_name=f"{conventions.API}.{conventions.slot_namespace(slot)}.svc.cluster.local",
            ports=[core.v1.ServicePortArgs(name="http", port=conventions.API_SERVICE_PORT, protocol="TCP")],
        ),
        opts=opts,
    )


def _annotations(args: IngressArgs) -> dict[str, str]:
    nginx = {
        "force-ssl-redirect": "true",
        "proxy-body-size": f"{args.body_size_megabytes}m",
        "proxy-read-timeout": str(args.timeout_seconds),
        "limit-rpm": str(args.requests_per_minute),
    }
    if args.response_headers:
        nginx["custom-headers"] = f"{conventions.PRODUCTION_NAMESPACE}/{_HEADERS}"
    return {f"nginx.ingress.kubernetes.io/{name}": value for name, value in nginx.items()}


def _spec(args: IngressArgs) -> networking.v1.IngressSpecArgs:
    live = next(slot for slot, weight in args.weights.items() if weight > 0)
    target = conventions.MAINTENANCE if args.maintenance else f"{conventions.PROJECT}-{live}"
    paths = [
        _path("/debug", conventions.MAINTENANCE, conventions.MAINTENANCE_SERVICE_PORT),
        _path("/", target, conventions.API_SERVICE_PORT),
    ]
    return networking.v1.IngressSpecArgs(
        ingress_class_name=args.class_name,
        tls=[networking.v1.IngressTLSArgs(hosts=[args.host], secret_name=conventions.TLS)],
        rules=[networking.v1.IngressRuleArgs(host=args.host, http=networking.v1.HTTPIngressRuleValueArgs(paths=paths))],
    )


def _path(path: str, service: str, port: int) -> networking.v1.HTTPIngressPathArgs:
    return networking.v1.HTTPIngressPathArgs(
        path=path,
        path_type="Prefix",
        backend=networking.v1.IngressBackendArgs(
            service=networking.v1.IngressServiceBackendArgs(
                name=service, port=networking.v1.ServiceBackendPortArgs(number=port)
            )
        ),
    )
