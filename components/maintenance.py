"""The maintenance page: what answers when no slot may."""

import hashlib
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, Service
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import conventions

IMAGE: Final = (
    "ghcr.io/nginx/nginx-unprivileged:1.30.5-alpine"
    "@sha256:ed04ec1ff34502c339ee5c3ae3f855442398edc1d05591e2b98981dcbbd20b1e"
)
RETRY_AFTER_SECONDS: Final = 120
_REPLICAS: Final = 2
_USER: Final = 101
"""nginx's own in that image."""
_HEALTH: Final = "/-/healthz"

_NGINX: Final = f"""\
server {{
  listen {conventions.MAINTENANCE_CONTAINER_PORT};
  server_tokens off;
  default_type application/json;
  add_header X-Content-Type-Options nosniff always;
  add_header X-Frame-Options DENY always;
  location = {_HEALTH} {{ access_log off; return 200 '{{"status":"ok"}}'; }}
  location /debug {{ return 404 '{{"detail":"Not Found"}}'; }}
  location / {{
    add_header Retry-After {RETRY_AFTER_SECONDS} always;
    add_header Cache-Control no-store always;
    add_header X-Content-Type-Options nosniff always;
    add_header X-Frame-Options DENY always;
    return 503 '{{"detail":"StratMaster is down for maintenance. Please try again in two minutes."}}';
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class MaintenanceArgs:
    """Where it runs.

    Attributes:
        namespace: that of the routes, so that they need no grant to reach it.
    """

    namespace: pulumi.Input[str]


class Maintenance(pulumi.ComponentResource):
    """Two small pods that answer 503 with Retry-After, and 404 below /debug.

    They always run: maintenance is for emergencies, when a page that first has to be scheduled and pulled may not come at all, and a
    route to a Service without pods answers 500. What they cost is 20 millicores. The second answer is what blocks /debug
    (facts.md C45) for every gateway and ingress controller alike: the Gateway API leaves to each what a rule without
    a backend answers.

    Attributes:
        service: its name.
    """

    def __init__(self, name: str, args: MaintenanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Maintenance", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        config = ConfigMap("config", metadata=self._metadata(), data={"default.conf": _NGINX}, opts=child)
        pods = {"app.kubernetes.io/name": conventions.MAINTENANCE}
        deployment = Deployment(
            "deployment",
            metadata=self._metadata(),
            spec={
                "replicas": _REPLICAS,
                "selector": {"matchLabels": pods},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                "template": {
                    "metadata": {
                        "labels": self._labels(),
                        # A pod reads its configuration once, so a new one has to make new pods.
                        "annotations": {"stratmaster.com/config": hashlib.sha256(_NGINX.encode()).hexdigest()},
                    },
                    "spec": _pod(pods),
                },
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[config]),
        )
        PodDisruptionBudget(
            "budget",
            metadata=self._metadata(),
            spec={"minAvailable": 1, "selector": {"matchLabels": pods}},
            opts=child,
        )
        Service(
            "service",
            metadata={**self._metadata(), "annotations": conventions.does_not_wait()},  # the Deployment was waited for
            spec={
                "selector": pods,
                "ports": [
                    {"name": "http", "port": conventions.MAINTENANCE_SERVICE_PORT, "targetPort": "http", "protocol": "TCP"}
                ],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
        self.service = conventions.MAINTENANCE
        self.register_outputs({})

    def _labels(self) -> dict[str, str]:
        return conventions.labels("maintenance", conventions.MAINTENANCE)

    def _metadata(self) -> dict[str, object]:
        return {"name": conventions.MAINTENANCE, "namespace": self._args.namespace, "labels": self._labels()}


def _pod(labels: dict[str, str]) -> dict[str, object]:
    return {
        "automountServiceAccountToken": False,
        "serviceAccountName": conventions.API,  # it carries no token and no rights
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": labels},
            }
        ],
        "containers": [_container()],
        "volumes": [
            {"name": "config", "configMap": {"name": conventions.MAINTENANCE}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
        ],
    }


def _container() -> dict[str, object]:
    probe = {"httpGet": {"path": _HEALTH, "port": "http"}, "timeoutSeconds": 2}
    return {
        "name": "page",
        "image": IMAGE,
        "ports": [{"name": "http", "containerPort": conventions.MAINTENANCE_CONTAINER_PORT, "protocol": "TCP"}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi", "ephemeral-storage": "16Mi"},
            "limits": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "64Mi"},
        },
        "readinessProbe": {**probe, "periodSeconds": 5},
        "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 5},
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/nginx/conf.d", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of its own, where the image keeps its temporary files
        ],
    }
