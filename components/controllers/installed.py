"""A controller that the foundation installs: a namespace of its own, the connections it needs, its chart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.helm.v3 import Release

from components import conventions
from components.controllers.controller import Controller, Place
from components.flow_types import Flow, Peer, Pods, Port, Ranges
from components.namespace import Namespace, NamespaceArgs
from components.network_policies import NetworkPolicies, NetworkPoliciesArgs
from settings.controllers import Chart
from settings.network import NetworkSettings

TIMEOUT_SECONDS: Final = 600
"""The guide's for a rolling update; images are pulled in it."""


@dataclass(frozen=True, kw_only=True)
class InstalledArgs:
    """What InstalledController needs.

    Attributes:
        controller: which.
        chart: its repository, version, digest and what it reaches.
        network: the platform's namespaces and address ranges; the API server's are among them.
        flows: StratMaster's own table, of which the controller's namespace may be an end.
    """

    controller: Controller
    chart: Chart
    network: NetworkSettings
    flows: tuple[Flow, ...]


class InstalledController(pulumi.ComponentResource):
    """A controller as a Helm release, pinned by version and digest, both of which Helm compares with the registry.

    It is as confined as StratMaster's own pods: Pod Security `restricted`, a quota, and no connection but to and from
    those that are named. Guards against a controller, which has rights in the whole cluster, that calls anywhere else.

    Its definitions stay when the release goes, by a switch back to `present` or by a failed upgrade: with a definition
    would go every certificate, secret or database of its kind.
    """

    def __init__(self, name: str, args: InstalledArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:controllers:InstalledController", name, None, opts)
        controller, inside = args.controller, pulumi.ResourceOptions(parent=self)
        namespace = Namespace(
            f"{name}-namespace",
            NamespaceArgs(
                name=controller.namespace, workloads=controller.workloads, load_balancers=controller.load_balancers
            ),
            inside,
        )
        network = NetworkPolicies(
            f"{name}-network",
            NetworkPoliciesArgs(namespace=namespace, flows=(*args.flows, *connections(args))),
            inside,
        )
        release = Release(
            name,
            name=controller.name,
            namespace=namespace.created_name,
            chart=f"{args.chart.repository}@{args.chart.digest}",
            version=args.chart.version,
            values=merged(controller.values(_place(controller)), args.chart.values),
            atomic=True,
            cleanup_on_fail=True,
            skip_await=False,
            wait_for_jobs=True,
            timeout=TIMEOUT_SECONDS,
            max_history=10,
            create_namespace=False,
            skip_crds=False,
            dependency_update=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace, network]),
        )
        for extra in controller.objects:
            CustomResource(
                f"{name}-{extra.name}",
                api_version=extra.api_version,
                kind=extra.kind,
                metadata={"name": extra.name, "labels": conventions.labels("controllers")},
                spec=dict(extra.spec),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[release]),
            )
        self.register_outputs({})


def merged(ours: Mapping[str, object], theirs: Mapping[str, object]) -> dict[str, object]:
    """Values with those of the settings in their place, as Helm merges them: mappings key by key, the rest whole."""
    result = dict(ours)
    for key, value in theirs.items():
        known = result.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            result[key] = merged(cast("Mapping[str, object]", known), cast("Mapping[str, object]", value))
        else:
            result[key] = value
    return result


def _place(controller: Controller) -> Place:
    return Place(
        namespace=controller.namespace,
        gateway_namespace=conventions.PRODUCTION_NAMESPACE,
        gateway=conventions.GATEWAY,
    )


def connections(args: InstalledArgs) -> Iterator[Flow]:
    """What the controller's own pods call and are called by, beside StratMaster's own table of flows."""
    controller, network = args.controller, args.network
    pods = Pods(namespace=controller.namespace)
    dns = Pods(namespace=network.dns.namespace, labels=network.dns.labels)
    yield _flow(
        "controller-dns", pods, dns, (Port(number=53, protocol="UDP"), Port(number=53)), "names are resolved by DNS"
    )
    yield _flow("controller-inside", pods, pods, (), "its parts call each other")
    if network.api_server is not None:
        server = Ranges(cidrs=network.api_server.cidrs)
        yield _flow("controller-api-server", pods, server, _tcp(network.api_server.port), "it watches its objects")
        if controller.webhooks:
            why = "the API server asks its webhooks, or passes a request on"
            yield _flow("controller-webhooks", server, pods, _tcp(*controller.webhooks), why)
    if controller.metrics:
        scraper = Pods(namespace=network.monitoring.namespace, labels=network.monitoring.labels)
        yield _flow("controller-metrics", scraper, pods, _tcp(*controller.metrics), "Prometheus scrapes it")
    for index, ranges in enumerate(args.chart.reaches):
        there = Ranges(cidrs=ranges.cidrs)
        yield _flow(f"controller-reaches-{index}", pods, there, _tcp(ranges.port), "named in charts.*.reaches")
    for index, ranges in enumerate(args.chart.admits):
        from_there = Ranges(cidrs=ranges.cidrs)
        yield _flow(f"controller-admits-{index}", from_there, pods, _tcp(ranges.port), "named in charts.*.admits")


def _tcp(*numbers: int) -> tuple[Port, ...]:
    return tuple(Port(number=number) for number in numbers)


def _flow(name: str, source: Peer, destination: Peer, ports: tuple[Port, ...], reason: str) -> Flow:
    return Flow(name=name, sources=(source,), destinations=(destination,), ports=ports, reason=reason)
