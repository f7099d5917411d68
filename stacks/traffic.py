"""Traffic: which slot the users reach, and how."""

from collections.abc import Sequence

import pulumi

from components import conventions
from components.certificate import Certificate, CertificateArgs
from components.gate import Condition, Gate
from components.gateway import Gateway, GatewayArgs
from components.ingress import Ingress, IngressArgs
from components.maintenance import Maintenance, MaintenanceArgs
from components.monitoring.live import LiveRules, LiveRulesArgs
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
    pulumi.export("host", settings.host)
    pulumi.export("weights", entry.weights)
    pulumi.export("maintenance", entry.weights.apply(lambda _: settings.maintenance))


def _conditions(settings: TrafficSettings, look: pulumi.ResourceOptions) -> list[Condition]:
    """The foundation is up and every slot with weight is ready; in maintenance nobody reaches one."""
    up = foundation_is_up(reference(settings.foundation), settings.foundation)
    foundation = controllers_are_there(settings.cluster.context, controllers.of_traffic(settings), up)
    if settings.maintenance:
        return [foundation]
    weighted = [slot for slot, weight in settings.weights.by_slot().items() if weight > 0]
    return [foundation, *(slot_is_ready(slot, reference(slot), foundation, look) for slot in weighted)]


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
