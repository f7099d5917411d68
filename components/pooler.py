"""PgBouncer before the database, as CloudNativePG runs it."""

from typing import Final

from components import conventions
from components.data_jobs import TOKEN, TOKEN_SECONDS
from components.database_cluster import NAME as DATABASE
from components.database_cluster import POD_LABELS
from components.namespace import DEFAULT_LIMITS, DEFAULT_REQUESTS
from components.quota import Size, Workload
from settings.data import Pooler

NAME: Final = f"{DATABASE}-pooler"
"""The operator gives its pods a ServiceAccount of the same name, and takes ours where there is one."""
IMAGE: Final = (
    "ghcr.io/cloudnative-pg/pgbouncer:1.25.1@sha256:e6ddfe22d845e603825e235dd8334b21ecd125abea2a2172478f556b8dee2bb8"
)
"""The digest is the image's for all platforms, as several public repositories pin it."""
PORT: Final = 5432
METRICS_PORT: Final = 9127
_USER: Final = 998
_GROUP: Final = 996
"""Those that the operator gives its pods."""


def workload(settings: Pooler) -> Workload:
    """Room in the namespace for it."""
    return Workload(replicas=settings.instances, requests=DEFAULT_REQUESTS, limits=DEFAULT_LIMITS)


def spec(settings: Pooler, cluster: str) -> dict[str, object]:
    """The Pooler's spec.

    Its pods are told in full, though the operator would fill in the same: what isn't said can't be judged. They ask the
    Kubernetes API for their own Pooler, so they get a token that expires instead of the account's.

    Args:
        settings: how many, and how many connections each.
        cluster: the Cluster that it leads to.
    """
    return {
        "cluster": {"name": cluster},
        "instances": settings.instances,
        "type": "rw",
        "pgbouncer": {
            "poolMode": "transaction",
            "parameters": {"default_pool_size": str(settings.pool_size), "max_client_conn": "1000"},
        },
        "template": {
            "metadata": {"labels": {**conventions.labels("pooler", NAME), **POD_LABELS}},
            "spec": {
                "serviceAccountName": NAME,
                "automountServiceAccountToken": False,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": _USER,
                    "runAsGroup": _GROUP,
                    "fsGroup": _GROUP,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [_pgbouncer()],
                "volumes": [{"name": "token", "projected": {"sources": _token()}}],
            },
        },
    }


def _pgbouncer() -> dict[str, object]:
    return {
        "name": "pgbouncer",
        "image": IMAGE,
        "resources": {"requests": _amounts(DEFAULT_REQUESTS), "limits": _amounts(DEFAULT_LIMITS)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "readinessProbe": {"tcpSocket": {"port": PORT}, "timeoutSeconds": 5},
        "livenessProbe": {"tcpSocket": {"port": METRICS_PORT}, "periodSeconds": 20, "failureThreshold": 5},
        "volumeMounts": [{"name": "token", "mountPath": TOKEN, "readOnly": True}],
    }


def _token() -> list[object]:
    authority = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}
    token = {"path": "token", "expirationSeconds": TOKEN_SECONDS}
    return [{"serviceAccountToken": token}, {"configMap": authority}, {"downwardAPI": namespace}]


def _amounts(size: Size) -> dict[str, str]:
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}
