"""A slot: one complete StratMaster API with its MCP services, isolated in a namespace of its own."""

import pulumi

from components import aws_names, conventions, data_jobs, environment
from components.config_access import ConfigAccess, ConfigAccessArgs
from components.declaration import Declaration, DeclarationArgs
from components.flow_types import PRODUCTION, alone
from components.flows import flow_table
from components.gate import Condition
from components.idle import slot_is_gone
from components.mcp_services import Build, mcp_services
from components.migration import Migration, MigrationArgs
from components.namespace import Namespace, NamespaceArgs
from components.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.ownership import namespaces_are_ours
from components.pod_list import PodList, PodListArgs
from components.preflight import controllers_are_there
from components.quota import Size, Workload
from components.rbac import Rbac, RbacArgs
from components.reference_grant import ReferenceGrant, ReferenceGrantArgs
from components.release import Amounts, ApiRelease, Bounds, ImageRef, ReleaseArgs, Resources
from components.release_values import ReleaseValues, ReleaseValuesArgs
from components.secrets import Secrets
from components.stack_links import applied_by, foundation_is_up, reference, slot_may_shut_down
from settings import SlotSettings
from settings.common import Replicas
from settings.data import OperationsImage
from settings.network import Endpoint
from settings.slot import ResourceList
from settings.slot import Resources as ResourceSettings
from stacks import controllers, shared
from stacks.shared import role_of


def build(settings: SlotSettings) -> None:
    """Declare the slot that is called as the stack is, and export `deployment` once its release has succeeded."""
    slot = pulumi.get_stack()
    source = shared.secret_source(settings)
    shared.warn_of_closed_ways(settings)
    opts = shared.behind_gate(settings.cluster, lambda look: _conditions(settings, slot, look))
    namespace = Namespace(
        "namespace",
        NamespaceArgs(
            name=conventions.slot_namespace(slot),
            workloads=_workloads(settings),
            labels={conventions.SLOT_LABEL: slot},
        ),
        opts,
    )
    # Before all else: a namespace that somebody else has just made stops the update, and nothing else is there yet.
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[namespace.object]))
    topology = PRODUCTION if settings.foundation_stack else alone(slot)
    flows = flow_table(topology, settings.network, settings.endpoints)
    network = NetworkPolicies("network", NetworkPoliciesArgs(namespace=namespace, flows=flows), opts)
    access = settings.access
    rbac = Rbac(
        "access",
        RbacArgs(namespace=namespace, operators=access.operators, readers=access.readers, ci=access.ci),
        opts,
    )
    secrets = shared.secrets(settings, source, namespace, opts)
    declaration = Declaration("declaration", _declared(settings, slot, namespace), opts)
    before: list[pulumi.Resource] = [namespace, network, rbac, secrets, declaration]
    if settings.migrates_with is not None:
        before.append(
            Migration("migration", _migration(settings, settings.migrates_with, namespace, secrets, before), opts)
        )
    else:
        pulumi.info("no schema migration runs before the release: stratmaster:operations is not set")
    release = ApiRelease("release", _release(settings, slot, namespace, secrets, before), opts)
    complete: list[pulumi.Resource] = [*before, release]
    if settings.foundation_stack:
        complete.append(PodList("pod-list", PodListArgs(namespace=namespace.created_name, after=[namespace]), opts))
    if settings.backups is not None and settings.foundation_stack:
        complete += _config_backup(namespace, secrets, release, opts)
    if settings.traffic_stack:
        grant = ReferenceGrantArgs(
            namespace=namespace.created_name, routes_namespace=conventions.PRODUCTION_NAMESPACE, after=complete
        )
        ReferenceGrant("grant", grant, opts)
    pulumi.export("deployment", release.deployment)


def _config_backup(
    namespace: Namespace, secrets: Secrets, release: ApiRelease, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """What the foundation's backup of the configuration needs of a slot."""
    where, names = namespace.created_name, [each.name for each in secrets.consumables.values()]
    return [
        ConfigAccess("config-access", ConfigAccessArgs(namespace=where, secrets=names, after=[namespace]), opts),
        ReleaseValues(
            "values", ReleaseValuesArgs(namespace=where, values=release.values, release=release.release), opts
        ),
    ]


def _conditions(settings: SlotSettings, slot: str, look: pulumi.ResourceOptions) -> list[Condition]:
    foundation = settings.foundation_stack
    up = foundation_is_up(reference(foundation), foundation) if foundation else None
    context = settings.cluster.context
    there = controllers_are_there(context, controllers.of_slot(settings), up)
    conditions = [there, namespaces_are_ours(context, [conventions.slot_namespace(slot)], there)]
    if traffic := settings.traffic_stack:
        # Looked up whatever is set: the policies see by it whether the slot is live, and what it has to keep then.
        applied = reference(traffic)
        conditions.append(applied_by(applied))
        if settings.shutdown:
            conditions.append(slot_may_shut_down(applied, slot))
    if settings.contract_migrations and slot in conventions.SLOTS:
        others = (other for other in conventions.SLOTS if other != slot)
        conditions += [slot_is_gone(other, reference(other), context, look) for other in others]
    return conditions


def _image(settings: SlotSettings) -> ImageRef:
    image = settings.image
    return ImageRef(repository=image.repository, tag=image.tag, digest=image.digest or "")


def _declared(settings: SlotSettings, slot: str, namespace: Namespace) -> DeclarationArgs:
    return DeclarationArgs(
        slot=slot,
        namespace=namespace.created_name,
        image=str(_image(settings)),
        min_replicas=settings.replicas.min,
        shutdown=settings.shutdown,
    )


def _release(
    settings: SlotSettings, slot: str, namespace: Namespace, secrets: Secrets, after: list[pulumi.Resource]
) -> ReleaseArgs:
    addresses = _addresses(settings)
    api = environment.api(
        addresses, secrets, cache_enabled=settings.cache_enabled, pool_size=settings.database_pool_size
    )
    told = environment.mcp(addresses, secrets)
    builds = {
        name: Build(
            tag=image.tag or settings.image.tag,
            digest=image.digest or "",
            env=told[name].plain,
            secret_env=told[name].secret,
        )
        for name, image in settings.mcp.by_name().items()
    }
    return ReleaseArgs(
        slot=slot,
        namespace=namespace.created_name,
        image=_image(settings),
        pull_secret=secrets.pull_secret,
        replicas=_bounds(settings.replicas),
        resources=_resources(settings.resources),
        config=api.plain,
        secret_env=api.secret,
        secrets_checksum=secrets.checksum,
        mcp_services=mcp_services(builds, _bounds(settings.mcp_replicas), _resources(settings.mcp_resources)),
        shutdown=settings.shutdown,
        timeout_seconds=settings.timeout_seconds,
        after=after,
    )


def _migration(
    settings: SlotSettings,
    image: OperationsImage,
    namespace: Namespace,
    secrets: Secrets,
    after: list[pulumi.Resource],
) -> MigrationArgs:
    return MigrationArgs(
        namespace=namespace.created_name,
        image=str(image),
        pull_secret=secrets.pull_secret,
        url=secrets.key("postgres-credentials", "postgres-url"),
        contract=settings.contract_migrations,
        backups=settings.backups,
        role=role_of(settings.backups, aws_names.MIGRATION) if settings.backups else None,
        after=list(after),
    )


def _addresses(settings: SlotSettings) -> environment.Addresses:
    endpoints = settings.endpoints

    def url(endpoint: Endpoint | None) -> str:
        return endpoint.url if endpoint else ""

    return environment.Addresses(
        oidc=url(endpoints.oidc),
        langfuse=url(endpoints.langfuse),
        otlp=url(endpoints.otlp),
        qdrant=url(endpoints.qdrant),
        model_provider=url(endpoints.model_provider),
        searxng=url(endpoints.searxng),
        object_store=url(endpoints.object_store),
        web=endpoints.web is not None,
    )


def _bounds(replicas: Replicas) -> Bounds:
    return Bounds(min=replicas.min, max=replicas.max)


def _amounts(amounts: ResourceList) -> Amounts:
    return Amounts(cpu=amounts.cpu, memory=amounts.memory, ephemeral_storage=amounts.ephemeral_storage)


def _resources(resources: ResourceSettings) -> Resources:
    return Resources(requests=_amounts(resources.requests), limits=_amounts(resources.limits))


def _size(amounts: ResourceList) -> Size:
    return Size(cpu=amounts.cpu, memory=amounts.memory, ephemeral_storage=amounts.ephemeral_storage)


def _workloads(settings: SlotSettings) -> tuple[Workload, ...]:
    """What may run in the slot at one time: the API, which stops slowly, and the MCP services."""
    api = Workload(
        replicas=settings.replicas.max,
        requests=_size(settings.resources.requests),
        limits=_size(settings.resources.limits),
        slow_to_stop=True,
    )
    mcp = Workload(
        replicas=settings.mcp_replicas.max,
        requests=_size(settings.mcp_resources.requests),
        limits=_size(settings.mcp_resources.limits),
    )
    migration = (data_jobs.workload(1),) if settings.migrates_with is not None else ()
    return (api, *(mcp for _ in settings.mcp.by_name()), *migration)
