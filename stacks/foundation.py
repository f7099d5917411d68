"""The foundation: what the slots share and what seldom changes."""

from collections.abc import Mapping, Sequence

import pulumi

from components import conventions, image_scans, maintenance
from components.aws.entry_values import refuse_unknown
from components.flow_types import PRODUCTION
from components.flows import flow_table
from components.gate import Condition
from components.monitoring import postgres_exporter
from components.named import all_are_there
from components.namespace import Namespace, NamespaceArgs
from components.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.ownership import namespaces_are_ours
from components.preflight import controllers_are_there
from components.quota import Size, Workload
from components.rbac import Rbac, RbacArgs
from settings import FoundationSettings
from settings.network import Endpoints
from stacks import controllers, data, monitoring, scans, shared


def build(settings: FoundationSettings) -> None:
    """Declare the foundation and export `namespace`, by which other stacks see that it is up."""
    source = shared.secret_source(settings)
    if settings.aws is not None and settings.aws.secrets is not None:
        refuse_unknown(settings.aws.secrets)
    opts = shared.behind_gate(settings.cluster, lambda _: _conditions(settings))
    namespace = Namespace(
        "namespace",
        NamespaceArgs(
            name=conventions.PRODUCTION_NAMESPACE,
            workloads=(
                *(_maintenance(), postgres_exporter.WORKLOAD, *data.workloads(settings)),
                *((image_scans.WORKLOAD,) if settings.scans else ()),
            ),
            protect=data.protected(settings),
        ),
        opts,
    )
    # Before all else: a namespace that somebody else has just made stops the update, and nothing else is there yet.
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[namespace.object]))
    flows = flow_table(PRODUCTION, settings.network, Endpoints())
    NetworkPolicies("network", NetworkPoliciesArgs(namespace=namespace, flows=flows), opts)
    access = settings.access
    Rbac(
        "access",
        RbacArgs(namespace=namespace, operators=access.operators, readers=access.readers, ci=access.ci),
        opts,
    )
    installed = controllers.build(settings, flows, opts)
    backend = controllers.secrets_controller(settings.secrets.backend)
    kept = _at_aws(settings, namespace, opts, installed.after("prometheus_operator"))
    # What is made anew in the same update is read anew, and not what was there before.
    written = pulumi.ResourceOptions(depends_on=list(kept) if settings.secrets.backend == "aws" else [])
    read = pulumi.ResourceOptions.merge(installed.after(backend), written)
    secrets = shared.secrets(settings, source, namespace, read)
    controllers.issuers(settings, namespace, installed)
    data.build(settings, namespace, secrets, installed.after("cloud_native_pg"))
    scans.build(settings, namespace, secrets, opts)
    monitoring.build(settings, namespace, secrets, installed.after("prometheus_operator"))
    pulumi.export("namespace", namespace.created_name)


def _conditions(settings: FoundationSettings) -> list[Condition]:
    context = settings.cluster.context
    there = controllers_are_there(context, controllers.of_foundation(settings))
    namespaces = [conventions.PRODUCTION_NAMESPACE, *controllers.namespaces(settings)]
    ours = namespaces_are_ours(context, namespaces, there)
    return [ours, all_are_there(context, data.named(settings), ours)]


def _at_aws(
    settings: FoundationSettings, namespace: Namespace, opts: pulumi.ResourceOptions, rules: pulumi.ResourceOptions
) -> Sequence[pulumi.Resource]:
    """What is kept at AWS, if anything: what has to be there before a secret is read from its entry."""
    if settings.aws is None:
        return []
    # Most foundations need nothing of pulumi-aws, which takes half a second to import.
    from stacks import aws  # noqa: PLC0415

    return aws.build(settings, settings.aws, namespace, opts, rules)


def _maintenance() -> Workload:
    """The maintenance page, which traffic runs in this namespace."""
    return Workload(
        replicas=maintenance.REPLICAS,
        requests=_size(maintenance.REQUESTS),
        limits=_size(maintenance.LIMITS),
        surge_percent=50,
    )


def _size(amounts: Mapping[str, str]) -> Size:
    return Size(cpu=amounts["cpu"], memory=amounts["memory"], ephemeral_storage=amounts["ephemeral-storage"])
