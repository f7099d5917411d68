"""Traffic: which slot the users reach, and how."""

from collections.abc import Sequence

import pulumi

from components import conventions
from components.certificate import Certificate, CertificateArgs
from components.gate import Condition, Gate
from components.gateway import Gateway, GatewayArgs
from components.ingress import Ingress, IngressArgs
from components.live_guard import LiveGuard, LiveGuardArgs
from components.maintenance import Maintenance, MaintenanceArgs
from components.monitoring.live import LiveRules, LiveRulesArgs
from components.named import Named, all_are_there
from components.preflight import controllers_are_there
from components.provider import ClusterArgs, cluster_provider
from components.readiness import slot_is_ready
from components.routes import Routes, RoutesArgs
from components.stack_links import foundation_is_up, reference
from settings import TrafficSettings
from stacks import controllers


def build(settings: TrafficSettings) -> None:
    """Declare the entry and export what has been applied: `host`, `weights` and `maintenance`."""
    cluster = settings.cluster
    provider = cluster_provider(ClusterArgs(context=cluster.context, identifier=cluster.identifier))
    conditions = _conditions(settings, pulumi.ResourceOptions(provider=provider))
    gate = Gate("gate", *conditions, opts=pulumi.ResourceOptions(providers=[provider]))
    opts = pulumi.ResourceOptions(parent=gate)
    namespace = conventions.PRODUCTION_NAMESPACE
    maintenance = Maintenance("maintenance", MaintenanceArgs(namespace=namespace), opts)
    if settings.entry == "gateway":
        gateway_args = GatewayArgs(namespace=namespace, host=settings.host, gateway_class=settings.gateway_class)
        gateway = Gateway("gateway", gateway_args, opts)
        certificate = _certificate(settings, [gateway], opts)
        entry = Routes("routes", _routes(settings, [maintenance, gateway, certificate]), opts)
    else:
        certificate = _certificate(settings, [], opts)
        entry = Ingress("ingress", _ingress(settings, [maintenance, certificate]), opts)
    weights = settings.weights.by_slot()
    live = LiveRulesArgs(namespace=namespace, weights=weights, applied=entry, maintenance=settings.maintenance)
    LiveRules("live", live, opts)
    guard = LiveGuardArgs(namespace=namespace, weights=weights, maintenance=settings.maintenance, applied=entry)
    LiveGuard("live-guard", guard, opts)
    pulumi.export("host", settings.host)
    pulumi.export("weights", entry.weights)
    pulumi.export("maintenance", entry.weights.apply(lambda _: settings.maintenance))


def _conditions(settings: TrafficSettings, look: pulumi.ResourceOptions) -> list[Condition]:
    """The foundation is up, what is named is there, every slot with users is ready: in maintenance none has any."""
    context = settings.cluster.context
    up = foundation_is_up(reference(settings.foundation), settings.foundation)
    served = controllers_are_there(context, controllers.of_traffic(settings), up)
    there = all_are_there(context, _named(settings), served)
    if settings.maintenance:
        return [there]
    weighted = [slot for slot, weight in settings.weights.by_slot().items() if weight > 0]
    return [there, *(slot_is_ready(slot, reference(slot), context, there, look) for slot in weighted)]


def _named(settings: TrafficSettings) -> list[Named]:
    authority, kind = "/apis/cert-manager.io/v1", settings.issuer_kind
    issuers = {
        "ClusterIssuer": f"{authority}/clusterissuers",
        "Issuer": f"{authority}/namespaces/{conventions.PRODUCTION_NAMESPACE}/issuers",
    }
    install = "Set stratmaster:issuers in the foundation and bring that up, or make one (docs/certificates.md)."
    issuer = Named(setting="issuer", kind=kind, path=issuers[kind], name=settings.issuer, without=install)
    if settings.entry == "gateway":
        path = "/apis/gateway.networking.k8s.io/v1/gatewayclasses"
        return [issuer, Named(setting="gatewayClass", kind="GatewayClass", path=path, name=settings.gateway_class)]
    path, name = "/apis/networking.k8s.io/v1/ingressclasses", settings.ingress.class_name
    return [issuer, Named(setting="ingress.className", kind="IngressClass", path=path, name=name)]


def _certificate(
    settings: TrafficSettings, after: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions
) -> Certificate:
    args = CertificateArgs(
        namespace=conventions.PRODUCTION_NAMESPACE,
        host=settings.host,
        issuer=settings.issuer,
        issuer_kind=settings.issuer_kind,
        after=after,
    )
    return Certificate("certificate", args, opts)


def _routes(settings: TrafficSettings, after: Sequence[pulumi.Resource]) -> RoutesArgs:
    return RoutesArgs(
        namespace=conventions.PRODUCTION_NAMESPACE,
        host=settings.host,
        weights=settings.weights.by_slot(),
        maintenance=settings.maintenance,
        timeout_seconds=settings.limits.timeout_seconds,
        after=after,
    )


def _ingress(settings: TrafficSettings, after: Sequence[pulumi.Resource]) -> IngressArgs:
    return IngressArgs(
        namespace=conventions.PRODUCTION_NAMESPACE,
        host=settings.host,
        class_name=settings.ingress.class_name,
        weights=settings.weights.by_slot(),
        maintenance=settings.maintenance,
        body_size_megabytes=settings.limits.body_size_megabytes,
        timeout_seconds=settings.limits.timeout_seconds,
        requests_per_minute=settings.limits.requests_per_minute,
        response_headers=settings.ingress.response_headers,
        after=after,
    )
