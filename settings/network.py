"""Where StratMaster's network ends: the platform's namespaces, and the services and address ranges it may reach."""

from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from settings.values import Cidr, Flag, Model, Name, Text, Whole

# A shorter prefix is the internet by another name (0.0.0.0/1 with 128.0.0.0/1 is 0.0.0.0/0). No range of a private
# network, an API server or an object store is wider than these.
_WIDEST_PREFIX = {4: 8, 6: 24}
# Every cloud gives out the machine's own credentials on a link-local address (169.254.169.254 on AWS, GCP and Azure,
# 169.254.170.2 for containers on AWS); fd00:ec2::254 is the same over IPv6 on AWS.
_METADATA = tuple(ip_network(each) for each in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128"))


def _checked_range(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError as error:
        raise ValueError(f"is {value}, which is no address range ({error})") from error
    widest = _WIDEST_PREFIX[network.version]
    if network.prefixlen < widest:
        raise ValueError(f"is {value}, wider than any one network (/{widest} at the widest)")
    for metadata in _METADATA:
        if network.version == metadata.version and network.overlaps(metadata):
            raise ValueError(f"is {value}, which holds the machines' metadata address ({metadata})")
    return str(network)


AddressRange = Annotated[
    Cidr,
    AfterValidator(_checked_range),
    Field(description="the ranges really called, for example 10.20.0.0/16; not the metadata address, not the internet"),
]
PortNumber = Annotated[Whole, Field(ge=1, le=65535)]
PodLabels = Annotated[dict[str, Text], Field(description="labels of those pods; all of the namespace's when left out")]


class Pods(Model):
    """Pods of the platform, outside StratMaster's namespaces."""

    namespace: Annotated[Name, Field(description="the namespace they run in")]
    labels: PodLabels = Field(default_factory=dict[str, Text])


class Ranges(Model):
    """Addresses outside the cluster's pod network, on one TCP port."""

    cidrs: Annotated[tuple[AddressRange, ...], Field(min_length=1, description="a list of address ranges")]
    port: Annotated[PortNumber, Field(description="the TCP port there")] = 443


class Endpoint(Model):
    """A service that StratMaster calls: its URL, and where that leads.

    The URL alone doesn't say: a policy judges addresses, not names, and the packet as it reaches the pod, so that in
    the cluster (`namespace`) `port` is the container's, not the Service's. Outside it (`cidrs`) it is the URL's.
    """

    url: Annotated[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*://[^\s/]+")],
        Field(description="what the application is told to call"),
    ]
    namespace: Annotated[Name | None, Field(description="the namespace of a service in the cluster")] = None
    labels: PodLabels = Field(default_factory=dict[str, Text])
    cidrs: Annotated[
        tuple[AddressRange, ...], Field(description="address ranges of a service outside the cluster")
    ] = ()
    port: Annotated[PortNumber, Field(description="the TCP port of the pod or the address")]

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.namespace is None) == (not self.cidrs):
            raise ValueError("has to be either in the cluster (namespace) or outside it (cidrs)")
        if self.labels and self.namespace is None:
            raise ValueError("has labels without a namespace to find the pods in")
        return self

    @property
    def place(self) -> Pods | Ranges:
        """The endpoint as the one kind of peer that it is."""
        if self.namespace is not None:
            return Pods(namespace=self.namespace, labels=self.labels)
        return Ranges(cidrs=self.cidrs, port=self.port)


Called = Annotated[
    Endpoint | None, Field(description="{url: ..., namespace: ..., port: ...} or {url: ..., cidrs: [...], port: ...}")
]


class Endpoints(Model):
    """Services that the code contacts (facts.md 2.4 and 2.7). One that is left out gets no way through."""

    oidc: Called = None
    """Keycloak, called by the API; without it the API lets any bearer token in (facts.md 2.2)."""
    langfuse: Called = None
    """Called by the API and router-mcp."""
    otlp: Called = None
    """The OpenTelemetry collector, called by the API and router-mcp."""
    qdrant: Called = None
    """Called by knowledge-mcp where its vector store is enabled."""
    model_provider: Called = None
    """LiteLLM, vLLM or a provider's API, called by router-mcp (ROUTER_MCP_PROVIDER_BASE_URL)."""
    searxng: Called = None
    """Metasearch, called by research-mcp."""
    object_store: Called = None
    """MinIO, called by research-mcp (RESEARCH_MCP_MINIO_ENDPOINT)."""
    web: Annotated[Ranges | None, Field(description="{cidrs: [...]}")] = None
    """What research-mcp may fetch (RESEARCH_MCP_ENABLE_NETWORK); a list of ranges, never the whole internet."""
    redis: Called = None
    """The cache of a slot without a foundation; with one, Redis is the foundation's."""
    database: Called = None
    """PostgreSQL of a slot without a foundation."""


class NetworkSettings(Model):
    """The platform around StratMaster, whose names and addresses differ from cluster to cluster (facts.md C47)."""

    gateway: Annotated[Pods, Field(description="{namespace: ...} of the gateway's or ingress controller's pods")] = (
        Pods(namespace="projectcontour")
    )
    dns: Annotated[Pods, Field(description="{namespace: ...} of the cluster's DNS")] = Pods(
        namespace="kube-system", labels={"k8s-app": "kube-dns"}
    )
    monitoring: Annotated[Pods, Field(description="{namespace: ...} of Prometheus")] = Pods(
        namespace="monitoring", labels={"app.kubernetes.io/name": "prometheus"}
    )
    blackbox: Annotated[Pods, Field(description="{namespace: ...} of the prober of /healthz")] = Pods(
        namespace="monitoring", labels={"app.kubernetes.io/name": "prometheus-blackbox-exporter"}
    )
    database_operator: Annotated[Pods, Field(description="{namespace: ...} of CloudNativePG")] = Pods(
        namespace="cnpg-system", labels={"app.kubernetes.io/name": "cloudnative-pg"}
    )
    api_server: Annotated[Ranges | None, Field(description="{cidrs: [...], port: 6443} of the Kubernetes API")] = None
    health_gate: Annotated[
        tuple[AddressRange, ...],
        Field(
            description="the API server's addresses as pods see them, where policies hold for it too: traffic's gate"
        ),
    ] = ()
    s3: Annotated[Ranges | None, Field(description="{cidrs: [...]} of the object store that takes backups")] = None
    registries: Annotated[
        Ranges | None, Field(description="{cidrs: [...]} of the registries, or a mirror, that scans read images from")
    ] = None
    database: Annotated[
        Ranges | None, Field(description="{cidrs: [...], port: 5432} of the database, where it is outside the cluster")
    ] = None
    scrape_application: Annotated[
        Flag, Field(description="whether Prometheus scrapes the API, which serves no metrics today (facts.md C15)")
    ] = False

    @model_validator(mode="after")
    def _platform_is_elsewhere(self) -> Self:
        # Whatever runs in one of StratMaster's namespaces is under its default deny: a gateway there would be cut off.
        platform = (self.gateway, self.dns, self.monitoring, self.blackbox, self.database_operator)
        for namespace in (pods.namespace for pods in platform):
            if namespace.startswith("stratmaster-"):
                raise ValueError(
                    f"puts a part of the platform into {namespace}, where only StratMaster's own flows pass"
                )
        return self
