"""Every connection that StratMaster's pods may make or take, as one table.

A row is a flow that the code really makes (facts.md 2.2 to 2.7) or that the platform needs. Both ends' policies are
derived from the same row, so they can't disagree: `components/network_policies.py` turns a row into an egress policy in
the namespace of its sources and an ingress policy in that of its destinations, for the namespaces that are ours. What
has no row does not pass. Deliberately without a row:

- the API to PostgreSQL: the mounted code never opens a connection (facts.md 2.5);
- the API to compression-mcp: `endpoints.py` calls the other four (facts.md 2.4);
- any MCP service to the API: it is the API that calls them (facts.md 2.4, against 4.7);
- OpenSearch, NebulaGraph, Temporal: no client for them is in the images (facts.md 2.7);
- the kubelet's probes: Kubernetes lets a node reach its own pods whatever the policies say.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from components import conventions
from components.database_cluster import POD_LABELS
from components.flow_types import Flow, Peer, Pods, Port, Ranges, Topology
from settings.network import Endpoint, Endpoints, NetworkSettings
from settings.network import Pods as PlatformPods
from settings.network import Ranges as AddressRanges

NAME: Final = "app.kubernetes.io/name"
COMPONENT: Final = "app.kubernetes.io/component"

API_PORT: Final = conventions.API_CONTAINER_PORT
MAINTENANCE_PORT: Final = conventions.MAINTENANCE_CONTAINER_PORT
REDIS_PORT: Final = 6379
DATABASE_PORT: Final = 5432
DATABASE_STATUS_PORT: Final = 8000  # CloudNativePG's instance manager
DATABASE_METRICS_PORT: Final = 9187  # CloudNativePG's own exporter
JOB_METRICS_PORT: Final = 9188  # components/monitoring/postgres_exporter.py
REDIS_METRICS_PORT: Final = 9121  # redis_exporter's default
ACME_SOLVER_PORT: Final = 8089  # cert-manager's HTTP-01 solver

MCP_PORTS: Final[Mapping[str, int]] = {
    "research-mcp": 8081,
    "knowledge-mcp": 8082,
    "router-mcp": 8083,
    "evals-mcp": 8084,
    "compression-mcp": 8085,
}
"""The MCP services and their ports (facts.md 2.1)."""
CALLED_BY_THE_API: Final = ("research-mcp", "knowledge-mcp", "router-mcp", "evals-mcp")
"""Those that `endpoints.py` has a URL for (facts.md 2.4)."""


def flow_table(topology: Topology, network: NetworkSettings, endpoints: Endpoints) -> tuple[Flow, ...]:
    """The whole table for one set of namespaces.

    Args:
        topology: our namespaces.
        network: the platform's namespaces and address ranges.
        endpoints: the services outside; one that isn't configured has no row.

    Returns:
        The rows, in an order that depends on nothing but the arguments.
    """
    rows = list(_platform(topology, network))
    for namespace in topology.slots:
        rows.extend(_inside_slot(namespace))
        rows.extend(_out_of_slot(namespace, endpoints))
        if topology.foundation is None:
            rows.extend(_without_foundation(namespace, endpoints))
    if topology.foundation is not None:
        rows.extend(_slots_to_foundation(topology.slots, topology.foundation, network))
        rows.extend(_foundation(topology.foundation, network))
    return tuple(rows)


def _named(namespace: str, name: str) -> Pods:
    return Pods(namespace=namespace, labels={NAME: name})


def _job(namespace: str, component: str) -> Pods:
    return Pods(namespace=namespace, labels={COMPONENT: component})


def _database(namespace: str) -> Pods:
    return Pods(namespace=namespace, labels=POD_LABELS)


def _served(namespace: str, network: NetworkSettings) -> tuple[Peer, int]:
    """Where clients of the database find it, and on which port: the cluster's own, or the one outside."""
    outside = network.database
    return (_peer(outside), outside.port) if outside else (_database(namespace), DATABASE_PORT)


def _peer(place: PlatformPods | AddressRanges) -> Peer:
    is_pods = isinstance(place, PlatformPods)
    return Pods(namespace=place.namespace, labels=place.labels) if is_pods else Ranges(cidrs=place.cidrs)


def _flow(
    name: str, source: Peer | tuple[Peer, ...], destination: Peer | tuple[Peer, ...], port: int, reason: str
) -> Flow:
    sources, destinations = (each if isinstance(each, tuple) else (each,) for each in (source, destination))
    return Flow(name=name, sources=sources, destinations=destinations, ports=(Port(number=port),), reason=reason)


def _platform(topology: Topology, network: NetworkSettings) -> Iterator[Flow]:
    everyone = tuple(Pods(namespace=namespace) for namespace in topology.namespaces)
    apis = tuple(_named(namespace, conventions.API) for namespace in topology.slots)
    yield Flow(
        name="dns",
        sources=everyone,
        destinations=(_peer(network.dns),),
        ports=(Port(number=53, protocol="UDP"), Port(number=53)),
        reason="every name is resolved by the cluster's DNS (facts.md C47)",
    )
    clients = "clients come in through the gateway alone, Service 80 to container 8080 (facts.md C8)"
    yield _flow("gateway-to-api", _peer(network.gateway), apis, API_PORT, clients)
    for name, port in {conventions.API: API_PORT, **MCP_PORTS}.items():
        probed = tuple(_named(namespace, name) for namespace in topology.slots)
        asks = "the prober asks /healthz, the only sign of life the code gives (facts.md 2.2, C15)"
        yield _flow(f"probe-{name}", _peer(network.blackbox), probed, port, asks)
        if network.health_gate:
            yield _flow(f"gate-{name}", Ranges(cidrs=network.health_gate), probed, port, "`make gate` asks it too")
    if network.scrape_application:
        scraped = "scraping the application, switched on by scrapeApplication (facts.md C15)"
        yield _flow("scrape-api", _peer(network.monitoring), apis, API_PORT, scraped)


def _inside_slot(namespace: str) -> Iterator[Flow]:
    api = _named(namespace, conventions.API)
    for name in CALLED_BY_THE_API:
        yield _flow(
            f"api-to-{name}", api, _named(namespace, name), MCP_PORTS[name], "services.py calls it (facts.md 2.4)"
        )


def _out_of_slot(namespace: str, endpoints: Endpoints) -> Iterator[Flow]:
    api = conventions.API
    rows: tuple[tuple[str, str, Endpoint | None, str], ...] = (
        ("api-to-oidc", api, endpoints.oidc, "the API checks tokens against Keycloak (facts.md 2.4, 2.7)"),
        ("api-to-langfuse", api, endpoints.langfuse, "LANGFUSE_SERVER_URL (facts.md 2.4, C49)"),
        ("api-to-otlp", api, endpoints.otlp, "traces by OTLP gRPC (facts.md 2.3)"),
        ("knowledge-to-qdrant", "knowledge-mcp", endpoints.qdrant, "the vector store, where enabled (facts.md 2.7)"),
        ("router-to-provider", "router-mcp", endpoints.model_provider, "ROUTER_MCP_PROVIDER_BASE_URL (facts.md C51)"),
        ("router-to-langfuse", "router-mcp", endpoints.langfuse, "ROUTER_MCP_LANGFUSE_HOST (facts.md C49)"),
        ("router-to-otlp", "router-mcp", endpoints.otlp, "histograms by OTLP (facts.md 2.3)"),
        ("research-to-searxng", "research-mcp", endpoints.searxng, "SEARXNG_ENDPOINT (facts.md 2.4)"),
        ("research-to-minio", "research-mcp", endpoints.object_store, "RESEARCH_MCP_MINIO_ENDPOINT (facts.md 2.4)"),
    )
    for name, source, endpoint, reason in rows:
        if endpoint is not None:
            yield _flow(name, _named(namespace, source), _peer(endpoint.place), endpoint.port, reason)
    if endpoints.web is not None:
        yield _flow(
            "research-to-web",
            _named(namespace, "research-mcp"),
            _peer(endpoints.web),
            endpoints.web.port,
            "RESEARCH_MCP_ENABLE_NETWORK with its allow-list; only by allow-list (facts.md 2.4, 4.7)",
        )


_API_TO_REDIS = "response cache and audit streams (facts.md 2.6)"
_MIGRATION_TO_DATABASE = "the schema migration runs before a release (facts.md 2.5)"


def _without_foundation(namespace: str, endpoints: Endpoints) -> Iterator[Flow]:
    if endpoints.redis is not None:
        api, redis = _named(namespace, conventions.API), endpoints.redis
        yield _flow("api-to-redis", api, _peer(redis.place), redis.port, _API_TO_REDIS)
    if endpoints.database is not None:
        job, database = _job(namespace, "migration"), endpoints.database
        yield _flow("migration-to-database", job, _peer(database.place), database.port, _MIGRATION_TO_DATABASE)


def _slots_to_foundation(slots: tuple[str, ...], foundation: str, network: NetworkSettings) -> Iterator[Flow]:
    apis = tuple(_named(namespace, conventions.API) for namespace in slots)
    migrations = tuple(_job(namespace, "migration") for namespace in slots)
    yield _flow("api-to-redis", apis, _named(foundation, "redis"), REDIS_PORT, _API_TO_REDIS)
    yield _flow("migration-to-database", migrations, *_served(foundation, network), _MIGRATION_TO_DATABASE)
    if (store := network.s3) is not None:
        reason = "before it changes the schema it looks for a backup to go back to (facts.md C33)"
        yield _flow("migration-to-s3", migrations, _peer(store), store.port, reason)


def _foundation(namespace: str, network: NetworkSettings) -> Iterator[Flow]:
    database, gateway = _database(namespace), _peer(network.gateway)
    yield _flow(
        "gateway-to-maintenance",
        gateway,
        _named(namespace, conventions.MAINTENANCE),
        MAINTENANCE_PORT,
        "the maintenance page answers 503 in the slots' place (guide, Emergency Procedures)",
    )
    yield _flow(
        "gateway-to-acme-solver",
        gateway,
        Pods(namespace=namespace, labels={"acme.cert-manager.io/http01-solver": "true"}),
        ACME_SOLVER_PORT,
        "cert-manager proves the host by HTTP-01 through the gateway (facts.md C40, C41)",
    )
    for job in ("backup", "restore", "database-maintenance", "config-backup", "image-scan"):
        yield _flow(
            f"{job}-to-database", _job(namespace, job), *_served(namespace, network), "guide, Database Management"
        )
    yield Flow(
        name="database-replication",
        sources=(database,),
        destinations=(database,),
        ports=(Port(number=DATABASE_PORT), Port(number=DATABASE_STATUS_PORT)),
        reason="replicas stream from the primary and ask its manager for its state (facts.md 3.1, CloudNativePG)",
    )
    yield Flow(
        name="operator-to-database",
        sources=(_peer(network.database_operator),),
        destinations=(database,),
        ports=(Port(number=DATABASE_PORT), Port(number=DATABASE_STATUS_PORT)),
        reason="the operator reads each instance's state and orders failovers (CloudNativePG)",
    )
    exporter = _named(namespace, conventions.POSTGRES_EXPORTER)
    yield _flow(
        "exporter-to-database", exporter, *_served(namespace, network), "it asks what it exports (facts.md C15)"
    )
    exporters = {
        "database": (database, DATABASE_METRICS_PORT),
        "postgres-exporter": (exporter, DATABASE_METRICS_PORT),
        "job-exporter": (exporter, JOB_METRICS_PORT),
        "redis": (_named(namespace, "redis"), REDIS_METRICS_PORT),
    }
    for name, (pods, port) in exporters.items():
        yield _flow(f"scrape-{name}", _peer(network.monitoring), pods, port, "exporters are there (facts.md C15)")
    yield from _foundation_to_ranges(namespace, network)


def _foundation_to_ranges(namespace: str, network: NetworkSettings) -> Iterator[Flow]:
    database, config, scan = _database(namespace), _job(namespace, "config-backup"), _job(namespace, "image-scan")
    asking = {
        "database": (database, "each instance's manager watches its Cluster object (CloudNativePG)"),
        "config-backup": (config, "it reads the objects that it keeps (guide, Configuration Backup)"),
        "image-scan": (scan, "it lists the pods whose images it scans (guide, Security Scanning)"),
    }
    storing = {"database": database, "config-backup": config}
    storing |= {job: _job(namespace, job) for job in ("backup", "restore")}
    if (server := network.api_server) is not None:
        for name, (source, reason) in asking.items():
            yield _flow(f"{name}-to-api-server", source, _peer(server), server.port, reason)
    if (store := network.s3) is not None:
        for name, source in storing.items():
            yield _flow(f"{name}-to-s3", source, _peer(store), store.port, "WAL and dumps (facts.md C32, C33)")
    if (registries := network.registries) is not None:
        reason = "Trivy reads images and its vulnerability database (guide, Security Scanning)"
        yield _flow("image-scan-to-registries", scan, _peer(registries), registries.port, reason)
