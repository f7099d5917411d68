"""StratMaster's secrets: every object and key of facts.md 4.1, and where each value comes from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote

from components import conventions


@dataclass(frozen=True, kw_only=True)
class Public:
    """A value that is no secret but lives with those that are, such as a host. The one given suits development."""

    value: str


@dataclass(frozen=True, kw_only=True)
class Generated:
    """A value that nobody needs to know: made at random, and anew when `secrets.rotation` changes.

    Attributes:
        length: characters, each a letter or a digit: 32 are 190 bits.
    """

    length: int = 32


@dataclass(frozen=True, kw_only=True)
class Supplied:
    """A value that somebody else issues, such as a provider's API key.

    Attributes:
        stand_in: what development gets when nobody supplies it, so that a laptop comes up without any account.
    """

    stand_in: str = "not-supplied"


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A value put together from other keys of the same secret.

    Attributes:
        build: the value, from key -> value of the others.
    """

    build: Callable[[Mapping[str, str]], str]


Source: TypeAlias = Public | Generated | Supplied | Derived


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """One secret.

    Attributes:
        name: as StratMaster calls it; the object's name also tells its backend.
        keys: key -> where its value comes from.
        type: the Kubernetes type.
    """

    name: str
    keys: Mapping[str, Source]
    type: str = "Opaque"

    def object_name(self, backend: str) -> str:
        """The Secret's name. It differs per backend, so that a switch makes the new object before the old one goes."""
        return f"{self.name}-{backend}"


def _url(scheme: str, prefix: str, *, login: tuple[str, str], path: str = "") -> Derived:
    """A URL from `<prefix>-host` and `<prefix>-port`.

    User and password are percent-encoded: one `@` or `/` in them would move the host.

    Args:
        scheme: what comes before `://`.
        prefix: of the keys.
        login: the keys of user and password; an empty one is left out.
        path: what comes after the port; `{database}` is the database's name.
    """

    def build(values: Mapping[str, str]) -> str:
        user, word = (quote(values[key], safe="") if key else "" for key in login)
        host = f"{values[f'{prefix}-host']}:{values[f'{prefix}-port']}"
        return f"{scheme}://{user}:{word}@{host}{path.format(**_plain(values))}"

    return Derived(build=build)


def _plain(values: Mapping[str, str]) -> dict[str, str]:
    return {"database": quote(values.get("postgres-database", ""), safe="")}


def _replica_url(values: Mapping[str, str]) -> str:
    replica = {**values, "postgres-host": values["postgres-replica-host"]}
    return _url(
        "postgresql",
        "postgres",
        login=("postgres-replica-username", "postgres-replica-password"),
        path=_DATABASE,
    ).build(replica)


_DATABASE: Final = "/{database}?sslmode=prefer"

CATALOGUE: Final[Sequence[SecretSpec]] = (
    SecretSpec(
        name="postgres-credentials",
        keys={
            "postgres-host": Public(value="postgres"),
            "postgres-port": Public(value="5432"),
            "postgres-database": Public(value="stratmaster"),
            "postgres-username": Public(value="stratmaster"),
            "postgres-password": Generated(),
            "postgres-replica-host": Public(value="postgres-replica"),
            "postgres-replica-username": Public(value="stratmaster_readonly"),
            "postgres-replica-password": Generated(),
            "postgres-url": _url(
                "postgresql",
                "postgres",
                login=("postgres-username", "postgres-password"),
                path=_DATABASE,
            ),
            "postgres-readonly-url": Derived(build=_replica_url),
        },
    ),
    SecretSpec(
        name="redis-credentials",
        keys={
            "redis-host": Public(value="redis"),
            "redis-port": Public(value="6379"),
            "redis-password": Generated(),
            "redis-url": _url("redis", "redis", login=("", "redis-password"), path="/0"),
        },
    ),
    SecretSpec(
        name="qdrant-credentials",
        keys={
            "qdrant-url": Public(value="http://qdrant:6333"),
            "qdrant-api-key": Generated(),
            "qdrant-collection": Public(value="default"),
        },
    ),
    SecretSpec(
        name="opensearch-credentials",
        keys={
            "opensearch-host": Public(value="opensearch"),
            "opensearch-port": Public(value="9200"),
            "opensearch-username": Public(value="stratmaster"),
            "opensearch-password": Generated(),
            "opensearch-url": _url(
                "http",
                "opensearch",
                login=("opensearch-username", "opensearch-password"),
            ),
        },
    ),
    SecretSpec(
        name="minio-credentials",
        keys={
            "minio-endpoint": Public(value="http://minio:9000"),
            "minio-access-key": Generated(length=20),
            "minio-secret-key": Generated(length=40),
            "minio-bucket": Public(value="stratmaster-production"),
            "minio-region": Public(value="us-east-1"),
        },
    ),
    SecretSpec(
        name="keycloak-credentials",
        keys={
            "keycloak-server-url": Public(value="http://keycloak:8080"),
            "keycloak-realm": Public(value="stratmaster"),
            "keycloak-client-id": Public(value="stratmaster-api"),
            "keycloak-client-secret": Generated(),
            "keycloak-admin-username": Public(value="admin"),
            "keycloak-admin-password": Generated(),
        },
    ),
    SecretSpec(
        name="jwt-secrets",
        keys={
            "jwt-secret": Generated(length=64),
            "session-secret": Generated(length=64),
            "encryption-key": Generated(),
        },
    ),
    SecretSpec(
        name="firebase-credentials",
        keys={
            f"firebase-{key}": Supplied()
            for key in ("project-id", "private-key-id", "private-key", "client-email", "client-id")
        },
    ),
    SecretSpec(
        name="mlflow-credentials",
        keys={
            "mlflow-tracking-uri": Public(value="http://mlflow:5000"),
            "mlflow-registry-uri": Public(value="http://mlflow:5000"),
            "mlflow-username": Public(value="stratmaster"),
            "mlflow-password": Generated(),
        },
    ),
    SecretSpec(
        name="temporal-credentials",
        keys={
            "temporal-frontend-address": Public(value="temporal:7233"),
            "temporal-namespace": Public(value="stratmaster"),
            "temporal-client-cert": Supplied(),
            "temporal-client-key": Supplied(),
        },
    ),
    SecretSpec(
        name="external-api-keys",
        keys={
            key: Supplied()
            for key in (
                *(f"{vendor}-api-key" for vendor in ("openai", "anthropic", "cohere", "huggingface", "sendgrid")),
                "langfuse-public-key",
                "langfuse-secret-key",
                "slack-webhook-url",
            )
        },
    ),
    SecretSpec(
        name=conventions.PULL_SECRET,
        type="kubernetes.io/dockerconfigjson",
        keys={".dockerconfigjson": Supplied(stand_in='{"auths":{}}')},
    ),
)
"""The eleven secrets and the one that the registry is opened with, in StratMaster's order."""

BY_NAME: Final = {spec.name: spec for spec in CATALOGUE}
