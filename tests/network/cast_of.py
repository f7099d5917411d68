"""Everybody who might connect to anybody: our pods, the platform's, strangers, and addresses outside the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
MCP = ("research-mcp", "knowledge-mcp", "router-mcp", "evals-mcp", "compression-mcp")
SLOTS = ("stratmaster-blue", "stratmaster-green")
FOUNDATION = "stratmaster-production"


@dataclass(frozen=True, kw_only=True)
class Party:
    """One end of a connection.

    Args:
        name: what a failing test calls it.
        address: its IP address.
        namespace: its namespace; empty outside the cluster.
        labels: its pod's labels.
    """

    name: str
    address: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ours(self) -> bool:
        """Whether it is in one of StratMaster's namespaces."""
        return self.namespace.startswith("stratmaster-")

    @property
    def namespace_labels(self) -> dict[str, str]:
        """Its namespace's labels: the one that the API server sets."""
        return {"kubernetes.io/metadata.name": self.namespace} if self.namespace else {}


def _pods() -> list[tuple[str, str, dict[str, str]]]:
    found: list[tuple[str, str, dict[str, str]]] = []
    for namespace in SLOTS:
        found.extend((name, namespace, {NAME: name}) for name in ("stratmaster-api", *MCP))
        found.append(("migration", namespace, {NAME: "stratmaster", COMPONENT: "migration"}))
    jobs = ("backup", "restore", "database-maintenance", "config-backup", "image-scan")
    found.extend((name, FOUNDATION, {NAME: "stratmaster", COMPONENT: name}) for name in jobs)
    found.append(("redis", FOUNDATION, {NAME: "redis"}))
    found.append(("postgres-exporter", FOUNDATION, {NAME: "postgres-exporter"}))
    found.extend((f"postgres-{number}", FOUNDATION, {"stratmaster.com/database": "postgres"}) for number in (1, 2))
    found.append(("maintenance-page", FOUNDATION, {NAME: "stratmaster-maintenance"}))
    found.append(("acme-solver", FOUNDATION, {"acme.cert-manager.io/http01-solver": "true"}))
    found.extend(("unknown", namespace, {NAME: "unknown"}) for namespace in (*SLOTS, FOUNDATION))
    platform = {
        ("dns", "kube-system", "k8s-app", "kube-dns"),
        ("gateway", "gateway-system", "app", "envoy"),
        ("prometheus", "monitoring", NAME, "prometheus"),
        ("blackbox", "monitoring", NAME, "prometheus-blackbox-exporter"),
        ("otel", "monitoring", "app", "otel"),
        ("operator", "cnpg-system", NAME, "cloudnative-pg"),
        ("langfuse", "langfuse", "app", "langfuse"),
        ("qdrant", "vectors", NAME, "qdrant"),
        ("litellm", "models", NAME, "litellm"),
        ("searxng", "search", NAME, "searxng"),
        ("minio", "minio", NAME, "minio"),
        # Strangers that share a namespace, or labels, with somebody who may.
        ("neighbour-of-the-gateway", "gateway-system", "app", "other"),
        ("neighbour-of-prometheus", "monitoring", "app", "other"),
        ("neighbour-of-dns", "kube-system", "app", "other"),
        ("forged-api", "attacker", NAME, "stratmaster-api"),
        ("forged-gateway", "attacker", "app", "envoy"),
    }
    found.extend((name, namespace, {key: value}) for name, namespace, key, value in sorted(platform))
    return found


def everybody() -> tuple[Party, ...]:
    """The whole cast; pods' addresses are in no range that the tests' settings allow."""
    pods = [
        Party(name=f"{namespace}/{name}", address=f"10.244.0.{index}", namespace=namespace, labels=labels)
        for index, (name, namespace, labels) in enumerate(_pods(), start=1)
    ]
    outside = {
        "metadata": "169.254.169.254",
        "api-server": "10.96.0.1",
        "s3": "52.217.1.2",
        "registry": "203.0.113.40",
        "oidc": "203.0.113.5",
        "beside-oidc": "203.0.113.16",
        "allowed-web": "198.51.100.7",
        "internet": "1.1.1.1",
    }
    return (*pods, *(Party(name=name, address=address) for name, address in outside.items()))
