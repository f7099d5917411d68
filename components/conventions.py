"""Names, labels, ports and waits that every component agrees on.

Names come from here and never from another stack's outputs (design.md, "Stacks"), so two stacks can be updated in any
order and a name can be looked up by reading one file. Sources are the guide (`operations-guide.md`) and `facts.md`.
"""

import json
from collections.abc import Mapping
from typing import Final

PROJECT: Final = "stratmaster"

PRODUCTION_NAMESPACE: Final = "stratmaster-production"
SLOTS: Final = ("blue", "green")

API: Final = "stratmaster-api"
"""Release, Deployment, Service, ServiceAccount, HPA and PDB all carry the guide's one name (facts.md C3)."""
API_CONTAINER: Final = "api"
API_CONFIG: Final = "stratmaster-config"
API_SERVICE_PORT: Final = 80
API_CONTAINER_PORT: Final = 8080

DECLARED: Final = "stratmaster-declared"
GATEWAY: Final = "stratmaster"
INGRESS: Final = "stratmaster-ingress"
TLS: Final = "stratmaster-tls"
"""Certificate and the Secret it fills (facts.md C13)."""
MAINTENANCE: Final = "stratmaster-maintenance"
MAINTENANCE_SERVICE_PORT: Final = 80
MAINTENANCE_CONTAINER_PORT: Final = 8080

POSTGRES_EXPORTER: Final = "postgres-exporter"

PULL_SECRET: Final = "ghcr-secret"  # noqa: S105 - the name of an object, not a credential

SLOT_LABEL: Final = "stratmaster.com/slot"


def slot_namespace(slot: str) -> str:
    """The namespace of a slot: `stratmaster-blue`, `stratmaster-green`, `stratmaster-dev`."""
    return f"{PROJECT}-{slot}"


def labels(component: str, name: str = PROJECT, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Kubernetes' recommended labels, as StratMaster's own manifests carry them (facts.md 4.1).

    Args:
        component: the part that the object plays, for example `maintenance`.
        name: the application that the object belongs to.
        extra: more labels, which win over these.
    """
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "stratmaster-platform",
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": "pulumi",
        **(extra or {}),
    }


def waits_for(*expressions: str) -> dict[str, str]:
    """The annotation that makes Pulumi wait for a custom resource, of which it knows no readiness of its own.

    Args:
        expressions: `condition=Ready` or `jsonpath={...}=value`; all of them have to hold. A condition counts only once
            its observed generation has caught up, so an update isn't taken for ready on its old status.
    """
    return {"pulumi.com/waitFor": expressions[0] if len(expressions) == 1 else json.dumps(list(expressions))}


def does_not_wait() -> dict[str, str]:
    """The annotation that makes Pulumi not wait, for an object whose readiness another object already shows."""
    return {"pulumi.com/skipAwait": "true"}
