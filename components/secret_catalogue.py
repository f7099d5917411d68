"""StratMaster's secrets: every object and key of facts.md 4.1 and a few of our own, and where each value comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components import conventions
from components.secret_sources import (
    Derived,
    Generated,
    Public,
    Same,
    Source,
    Supplied,
    postgres_replica_url,
    postgres_url,
)


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """One secret.

    Attributes:
        name: as StratMaster calls it; the object's name also tells its backend.
        keys: key -> where its value comes from.
        type: the Kubernetes type.
        foundation_only: whether slots have no use for it, and therefore don't get it.
    """

    name: str
    keys: Mapping[str, Source]
    type: str = "Opaque"
    foundation_only: bool = False

    def object_name(self, backend: str) -> str:
        """The Secret's name. It differs per backend, so that a switch makes the new object before the old one goes."""
        return f"{self.name}-{backend}"

    @property
    def stored(self) -> tuple[str, ...]:
        """The keys that a store outside the cluster holds in this secret's entry; with none there is no entry."""
        return tuple(key for key, source in self.keys.items() if not isinstance(source, Derived | Same))


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
            "postgres-url": postgres_url(),
            "postgres-readonly-url": postgres_replica_url(),
        },
    ),
    SecretSpec(
        name="redis-credentials",
        keys={
            "redis-host": Public(value="redis"),
            "redis-port": Public(value="6379"),
            "redis-password": Generated(),
            "redis-url": Derived(
                scheme="redis",
                host="redis-host",
                port="redis-port",
                login=("", "redis-password"),
                rest="/0",
            ),
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
            "opensearch-url": Derived(
                scheme="http",
                host="opensearch-host",
                port="opensearch-port",
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
    SecretSpec(
        name="postgres-owner",
        type="kubernetes.io/basic-auth",
        foundation_only=True,
        keys={
            "username": Same(of="postgres-credentials", key="postgres-username"),
            "password": Same(of="postgres-credentials", key="postgres-password"),
        },
    ),
    SecretSpec(
        name="alerting-credentials",
        foundation_only=True,
        keys={"pagerduty-routing-key": Supplied(), "slack-webhook-url": Supplied()},
    ),
)
"""The eleven secrets in StratMaster's order; the one that the registry is opened with; and the foundation's own: the
database's owner in the only form that CloudNativePG reads, and whom alerts are sent by."""

BY_NAME: Final = {spec.name: spec for spec in CATALOGUE}


def catalogue(*, foundation: bool) -> tuple[SecretSpec, ...]:
    """The secrets of one stack: all of them in the foundation, in a slot those that it has a use for."""
    return tuple(spec for spec in CATALOGUE if foundation or not spec.foundation_only)
