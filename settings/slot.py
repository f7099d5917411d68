"""Settings of a slot: one complete StratMaster API with its MCP services (blue, green, or a developer's own)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.access import Access
from settings.common import CommonSettings, Replicas, Secrets, SecretValues
from settings.data import BackupPlace, OperationsImage
from settings.network import Endpoints, NetworkSettings
from settings.quantities import in_bytes, millicores
from settings.values import Bytes, Cores, Digest, Flag, Model, Repository, Tag, Text, Whole


class Image(Model):
    """Which build of the API runs. Outside development it is pinned by digest (facts.md C46)."""

    repository: Annotated[Repository, Field(description="registry and name in small letters, without a tag")] = (
        "ghcr.io/iamjonobo/stratmaster-api"
    )
    tag: Annotated[Tag, Field(description="a version such as v1.2.3, never latest")]
    digest: Annotated[Digest | None, Field(description="sha256:<64 hexadecimal digits> of that image")] = None


class McpImage(Model):
    """Which build of one MCP service runs."""

    tag: Annotated[
        Tag | None, Field(description="a version such as v1.2.3; in development the API's when left out")
    ] = None
    digest: Annotated[Digest | None, Field(description="sha256:<64 hexadecimal digits> of that image")] = None


class McpImages(Model):
    """The five MCP services that speak HTTP (facts.md 2.1)."""

    research: McpImage = McpImage()
    knowledge: McpImage = McpImage()
    router: McpImage = McpImage()
    evals: McpImage = McpImage()
    compression: McpImage = McpImage()

    def by_name(self) -> dict[str, McpImage]:
        """Name -> image, in the order of their ports."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class ResourceList(Model):
    """Amounts of CPU, memory and scratch space."""

    cpu: Annotated[Cores, Field(description="cores, for example 2 or 500m")]
    memory: Annotated[Bytes, Field(description="bytes, for example 4Gi")]
    ephemeral_storage: Annotated[Bytes, Field(description="bytes of scratch space, for example 1Gi")]


class Resources(Model):
    """What a container is promised and what it may take at most."""

    requests: ResourceList
    limits: ResourceList

    @model_validator(mode="after")
    def _promised_at_most_what_it_may_take(self) -> Self:
        # The API server refuses such pods, but only once the release is under way.
        for name, amount in (("cpu", millicores), ("memory", in_bytes), ("ephemeral_storage", in_bytes)):
            request, limit = getattr(self.requests, name), getattr(self.limits, name)
            if amount(request) > amount(limit):
                key = ResourceList.model_fields[name].alias
                raise ValueError(f"requests.{key} {request} is above limits.{key} {limit}")
        return self


class Database(Model):
    """The database that the slots share."""

    max_connections: Annotated[Whole, Field(ge=1, description="the server's max_connections (facts.md 3.1: 200)")] = 200


def _resources(requests: tuple[str, str, str], limits: tuple[str, str, str]) -> Resources:
    def amounts(values: tuple[str, str, str]) -> ResourceList:
        cpu, memory, storage = values
        return ResourceList.model_validate({"cpu": cpu, "memory": memory, "ephemeralStorage": storage})

    return Resources(requests=amounts(requests), limits=amounts(limits))


API_RESOURCES = _resources(("2", "4Gi", "1Gi"), ("4", "8Gi", "2Gi"))
"""The guide's "Resource Tuning", with the scratch space of facts.md 3.1."""
MCP_RESOURCES = _resources(("1", "2Gi", "512Mi"), ("2", "4Gi", "1Gi"))
"""facts.md 3.1."""


class SlotSettings(CommonSettings):
    """Every key of a slot's stack file."""

    role: Literal["slot"]
    foundation: Annotated[
        Text | None, Field(description="the stack that the slot stands on; production by default")
    ] = None
    traffic: Annotated[Text | None, Field(description="the stack that sends users to the slot; traffic by default")] = (
        None
    )
    image: Annotated[Image, Field(description="{tag: v1.2.3, digest: sha256:...}")]
    mcp: Annotated[McpImages, Field(description="{research: {digest: sha256:...}, ...}")] = McpImages()
    replicas: Annotated[Replicas, Field(description="{min: 3, max: 10}")] = Replicas(min=3, max=10)
    mcp_replicas: Annotated[Replicas, Field(description="{min: 2, max: 6}")] = Replicas(min=2, max=6)
    resources: Annotated[Resources, Field(description="{requests: {...}, limits: {...}}")] = API_RESOURCES
    mcp_resources: Annotated[Resources, Field(description="{requests: {...}, limits: {...}}")] = MCP_RESOURCES
    database_pool_size: Annotated[Whole, Field(ge=1, description="database connections of one pod at the most")] = 6
    database: Annotated[Database, Field(description="{maxConnections: 200}")] = Database()
    operations: Annotated[
        OperationsImage | None,
        Field(description="{tag: v1.2.3, digest: sha256:...}: the image that migrates the schema before the release"),
    ] = None
    backups: Annotated[
        BackupPlace | None,
        Field(description="{bucket: ..., region: ...}: the foundation's, where a migration finds its way back"),
    ] = None
    contract_migrations: Annotated[
        Flag, Field(description="true applies contract steps too: only while no slot runs an older version")
    ] = False
    cache_enabled: Annotated[Flag, Field(description="the guide's CACHE_ENABLED: true or false")] = True
    secrets: Annotated[Secrets, Field(description="{backend: sealed}")] = Secrets()
    secret_values: SecretValues = Field(default_factory=dict)
    shutdown: Annotated[Flag, Field(description="true scales the slot to zero")] = False
    timeout_seconds: Annotated[
        Whole,
        Field(
            ge=30, le=3600, description="how long a release may take; 900 for a deployment, 600 for a rolling update"
        ),
    ] = 900
    endpoints: Annotated[
        Endpoints,
        Field(description="{oidc: {url: https://..., cidrs: [...], port: 443}, ...}: what the application calls"),
    ] = Endpoints()
    network: Annotated[
        NetworkSettings, Field(description="{s3: {cidrs: [...]}, ...}: the platform's namespaces and address ranges")
    ] = NetworkSettings()
    access: Annotated[Access, Field(description="{operators: [...], readers: [...], ci: [...]}: groups of people")] = (
        Access()
    )

    @property
    def foundation_stack(self) -> str | None:
        """The stack that must be up first; a developer's slot stands on none unless told so."""
        return self.foundation or ("production" if self.environment == "production" else None)

    @property
    def traffic_stack(self) -> str | None:
        """The stack that says whether the slot is live; a developer's slot never is unless told so."""
        return self.traffic or ("traffic" if self.environment == "production" else None)

    @property
    def migrates_with(self) -> OperationsImage | None:
        """The image that migrates the schema, where there is a database to migrate: the foundation's, or one named."""
        reachable = self.foundation_stack is not None or self.endpoints.database is not None
        return self.operations if reachable else None
