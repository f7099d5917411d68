"""What the containers are told: variables that the code really reads (facts.md 2.4), from settings and secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.release import SecretKey
from components.secrets import Secrets


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One container's environment.

    Attributes:
        plain: variable -> text.
        secret: variable -> the Secret's value that it takes.
    """

    plain: Mapping[str, str] = field(default_factory=dict[str, str])
    secret: Mapping[str, SecretKey] = field(default_factory=dict[str, SecretKey])


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """URLs of what the application calls; an empty one isn't called."""

    oidc: str
    langfuse: str
    otlp: str
    qdrant: str
    model_provider: str
    searxng: str
    object_store: str
    web: bool
    """Whether research-mcp may fetch from the web."""


def api(addresses: Addresses, secrets: Secrets, *, cache_enabled: bool, pool_size: int) -> Environment:
    """The API's environment.

    CACHE_ENABLED and DB_POOL_SIZE are the guide's; the code reads neither yet (facts.md C24). The identity provider's
    variables come all together or not at all: with part of them the API lets any bearer token in (facts.md 2.2).
    """
    plain = {
        "CACHE_ENABLED": "true" if cache_enabled else "false",
        "DB_POOL_SIZE": str(pool_size),
        "STRATMASTER_OTEL_ENABLED": "true" if addresses.otlp else "false",
        "STRATMASTER_OIDC_ENABLED": "true" if addresses.oidc else "false",
        **_given("OTEL_EXPORTER_OTLP_ENDPOINT", addresses.otlp),
        **_given("LANGFUSE_SERVER_URL", addresses.langfuse),
        **_given("STRATMASTER_OIDC_SERVER_URL", addresses.oidc),
    }
    secret = {
        "DATABASE_URL": secrets.key("postgres-credentials", "postgres-url"),
        "REDIS_URL": secrets.key("redis-credentials", "redis-url"),
        "STRATMASTER_AUDIT_REDIS_URL": secrets.key("redis-credentials", "redis-url"),
    }
    if addresses.oidc:
        secret["STRATMASTER_OIDC_REALM"] = secrets.key("keycloak-credentials", "keycloak-realm")
        secret["STRATMASTER_OIDC_CLIENT_ID"] = secrets.key("keycloak-credentials", "keycloak-client-id")
        secret["STRATMASTER_OIDC_CLIENT_SECRET"] = secrets.key("keycloak-credentials", "keycloak-client-secret")
    if addresses.langfuse:
        secret["LANGFUSE_PUBLIC_KEY"] = secrets.key("external-api-keys", "langfuse-public-key")
        secret["LANGFUSE_SECRET_KEY"] = secrets.key("external-api-keys", "langfuse-secret-key")
    return Environment(plain=plain, secret=secret)


def mcp(addresses: Addresses, secrets: Secrets) -> dict[str, Environment]:
    """Each MCP service's environment, by its short name."""
    return {
        "research": _research(addresses, secrets),
        "knowledge": _knowledge(addresses),
        "router": _router(addresses, secrets),
        "evals": Environment(),
        "compression": Environment(),
    }


def _research(addresses: Addresses, secrets: Secrets) -> Environment:
    plain = {
        **_given("RESEARCH_MCP_ENABLE_NETWORK", "true" if addresses.web else ""),
        **_given("SEARXNG_ENDPOINT", addresses.searxng),
        **_given("RESEARCH_MCP_MINIO_ENDPOINT", addresses.object_store),
    }
    if not addresses.object_store:
        return Environment(plain=plain)
    keys = {"ACCESS_KEY": "minio-access-key", "SECRET_KEY": "minio-secret-key", "BUCKET": "minio-bucket"}
    return Environment(
        plain=plain,
        secret={f"RESEARCH_MCP_MINIO_{name}": secrets.key("minio-credentials", key) for name, key in keys.items()},
    )


def _knowledge(addresses: Addresses) -> Environment:
    if not addresses.qdrant:
        return Environment()
    return Environment(plain={"KNOWLEDGE_MCP_VECTOR_HOST": addresses.qdrant, "KNOWLEDGE_MCP_VECTOR_ENABLE": "1"})


def _router(addresses: Addresses, secrets: Secrets) -> Environment:
    plain = {
        **_given("ROUTER_MCP_PROVIDER_BASE_URL", addresses.model_provider),
        **_given("ROUTER_MCP_LANGFUSE_HOST", addresses.langfuse),
        **_given("ROUTER_MCP_OTEL_EXPORTER_OTLP_ENDPOINT", addresses.otlp),
    }
    secret: dict[str, SecretKey] = {}
    if addresses.model_provider:
        secret["ROUTER_MCP_PROVIDER_API_KEY"] = secrets.key("external-api-keys", "openai-api-key")
    if addresses.langfuse:
        secret["ROUTER_MCP_LANGFUSE_PUBLIC_KEY"] = secrets.key("external-api-keys", "langfuse-public-key")
        secret["ROUTER_MCP_LANGFUSE_SECRET_KEY"] = secrets.key("external-api-keys", "langfuse-secret-key")
    return Environment(plain=plain, secret=secret)


def _given(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}
