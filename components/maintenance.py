"""The maintenance page: what answers when no slot may."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import apps, core, networking, policy
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components import conventions

IMAGE: Final = (
    "ghcr.io/nginx/nginx-unprivileged:1.30.5-alpine"
    "@sha256:ed04ec1ff34502c339ee5c3ae3f855442398edc1d05591e2b98981dcbbd20b1e"
)
RETRY_AFTER_SECONDS: Final = 120
REPLICAS: Final = 2
REQUESTS: Final[Mapping[str, str]] = {"cpu": "10m", "memory": "16Mi", "ephemeral-storage": "16Mi"}
LIMITS: Final[Mapping[str, str]] = {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "64Mi"}

_USER: Final = 101  # nginx in that image
_HEALTH: Final = "/-/healthz"
_PODS: Final[Mapping[str, str]] = {"app.kubernetes.io/name": conventions.MAINTENANCE}

# nginx inherits add_header into a location only while the location has none of its own, hence the repetition.
_HEADERS: Final = "add_header X-Content-Type-Options nosniff always; add_header X-Frame-Options DENY always;"
NGINX: Final = f"""\
server {{
  listen {conventions.MAINTENANCE_CONTAINER_PORT};
  server_tokens off;
  default_type application/json;
  location = {_HEALTH} {{ access_log off; return 200 '{{"status":"ok"}}'; }}
  location /debug {{ {_HEADERS} return 404 '{{"detail":"Not Found"}}'; }}
  location / {{
    {_HEADERS}
    add_header Retry-After {RETRY_AFTER_SECONDS} always;
    add_header Cache-Control no-store always;
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

    They always run: maintenance is for emergencies, when a page that first has to be scheduled and pulled may not come
    at all, and a route to a Service without pods answers 500. What they cost is 20 millicores. The second answer is
    what blocks /debug (facts.md C45) for every gateway and ingress controller alike: what a rule without a backend
    answers differs from one to the next.
    """

    def __init__(self, name: str, args: MaintenanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Maintenance", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        networking.v1.NetworkPolicy(
            "isolation",
            metadata=self._metadata(),
            # Nothing by itself: what the gateway may do stands in the foundation's table of flows, for this namespace.
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=LabelSelectorArgs(match_labels=dict(_PODS)), policy_types=["Ingress", "Egress"]
            ),
            opts=child,
        )
        config = core.v1.ConfigMap("config", metadata=self._metadata(), data={"default.conf": NGINX}, opts=child)
        deployment = apps.v1.Deployment(
            "deployment",
            metadata=self._metadata(),
            spec=_deployment(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[config]),
        )
        policy.v1.PodDisruptionBudget(
            "budget",
            metadata=self._metadata(),
            spec=policy.v1.PodDisruptionBudgetSpecArgs(
                min_available=1, selector=LabelSelectorArgs(match_labels=dict(_PODS))
            ),
            opts=child,
        )
        core.v1.Service(
            "service",
            metadata=self._metadata(conventions.does_not_wait()),  # the Deployment, waited for, is what it shows
            spec=core.v1.ServiceSpecArgs(
                selector=dict(_PODS),
                ports=[
                    core.v1.ServicePortArgs(
                        name="http", port=conventions.MAINTENANCE_SERVICE_PORT, target_port="http", protocol="TCP"
                    )
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
        self.register_outputs({})

    def _metadata(self, annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
        return ObjectMetaArgs(
            name=conventions.MAINTENANCE,
            namespace=self._args.namespace,
            labels=_labels(),
            annotations=dict(annotations) if annotations else None,
        )


def _labels() -> dict[str, str]:
    return conventions.labels("maintenance", conventions.MAINTENANCE)


def _deployment() -> apps.v1.DeploymentSpecArgs:
    return apps.v1.DeploymentSpecArgs(
        replicas=REPLICAS,
        selector=LabelSelectorArgs(match_labels=dict(_PODS)),
        strategy=apps.v1.DeploymentStrategyArgs(
            type="RollingUpdate",
            rolling_update=apps.v1.RollingUpdateDeploymentArgs(max_surge=1, max_unavailable=0),
        ),
        template=core.v1.PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(
                labels=_labels(),
                # A pod reads its configuration once, so a new one has to make new pods.
                annotations={"stratmaster.com/config": hashlib.sha256(NGINX.encode()).hexdigest()},
            ),
            spec=_pod(),
        ),
    )


def _pod() -> core.v1.PodSpecArgs:
    return core.v1.PodSpecArgs(
        automount_service_account_token=False,
        service_account_name=conventions.API,  # it carries no token and no rights
        security_context=core.v1.PodSecurityContextArgs(
            run_as_non_root=True,
            run_as_user=_USER,
            run_as_group=_USER,
            fs_group=_USER,
            seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
        ),
        topology_spread_constraints=[
            core.v1.TopologySpreadConstraintArgs(
                max_skew=1,
                topology_key="kubernetes.io/hostname",
                when_unsatisfiable="ScheduleAnyway",
                label_selector=LabelSelectorArgs(match_labels=dict(_PODS)),
            )
        ],
        containers=[_container()],
        volumes=[
            core.v1.VolumeArgs(
                name="config", config_map=core.v1.ConfigMapVolumeSourceArgs(name=conventions.MAINTENANCE)
            ),
            core.v1.VolumeArgs(name="tmp", empty_dir=core.v1.EmptyDirVolumeSourceArgs(size_limit="16Mi")),
        ],
    )


def _container() -> core.v1.ContainerArgs:
    return core.v1.ContainerArgs(
        name="page",
        image=IMAGE,
        ports=[
            core.v1.ContainerPortArgs(
                name="http", container_port=conventions.MAINTENANCE_CONTAINER_PORT, protocol="TCP"
            )
        ],
        security_context=core.v1.SecurityContextArgs(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            run_as_non_root=True,
            capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
        ),
        resources=core.v1.ResourceRequirementsArgs(requests=dict(REQUESTS), limits=dict(LIMITS)),
        readiness_probe=_probe(period_seconds=5, failures=3),
        liveness_probe=_probe(period_seconds=20, failures=5),
        volume_mounts=[
            core.v1.VolumeMountArgs(name="config", mount_path="/etc/nginx/conf.d", read_only=True),
            core.v1.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 - a volume of its own
        ],
    )


def _probe(*, period_seconds: int, failures: int) -> core.v1.ProbeArgs:
    return core.v1.ProbeArgs(
        http_get=core.v1.HTTPGetActionArgs(path=_HEALTH, port="http"),
        timeout_seconds=2,
        period_seconds=period_seconds,
        failure_threshold=failures,
    )
