"""The cache: Redis."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import apps, core
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components import conventions
from components.data_jobs import written
from components.quota import Size, Workload, in_bytes
from components.release import SecretKey

NAME: Final = "redis"
PORT: Final = 6379
METRICS_PORT: Final = 9121
IMAGE: Final = (
    "docker.io/library/redis:8.2.3-alpine@sha256:08ad0b1d280850169a790dba1393ff7a90aef951fc19632cf4d3ce4f78e679ba"
)
EXPORTER_IMAGE: Final = (
    "quay.io/oliver006/redis_exporter:v1.88.0@sha256:2c8c55c63ce4d915389f03d337b8acef56aaaca9fab8728291287e612d4d6398"
)
"""Both digests are those of the images for all platforms, as several public repositories pin them."""
LABELS: Final[Mapping[str, str]] = {"app.kubernetes.io/name": NAME}
EXPORTER: Final = Size(cpu="10m", memory="32Mi", ephemeral_storage="16Mi")
EXPORTER_LIMITS: Final = Size(cpu="100m", memory="64Mi", ephemeral_storage="64Mi")

_USER: Final = 999  # redis in that image
_OVERHEAD: Final = 1.5
"""Of the container's memory over what the cache may hold: buffers, fragmentation, the copy of a page being written."""
_CONFIG: Final = "/etc/redis/redis.conf"
_PASSWORD: Final = "REDISCLI_AUTH"  # noqa: S105 - the name of a variable, not a credential
"""redis-cli's own name for it, so that no probe has it among its arguments."""
START: Final = f"""exec redis-server - <<end
$(cat "${{REDIS_CONFIG:-{_CONFIG}}}")
requirepass "${_PASSWORD}"
end
"""
"""The password goes in by standard input: what stands in a process's arguments is seen by all who list processes."""
READY: Final = "redis-cli ping | grep -q PONG"
"""redis-cli itself takes the password from the environment, and ends well even when it is refused."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """How much, and behind which password.

    Attributes:
        namespace: where it runs.
        memory: what it may hold, "2Gi".
        password: the Secret's value.
        checksum: changes when the password does, so that the pod is made anew.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    memory: str
    password: SecretKey
    checksum: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


def workload(memory: str) -> Workload:
    """Room in the namespace for it."""
    limit = f"{_limit(memory)}Mi"
    size = Size(cpu="600m", memory=limit, ephemeral_storage="128Mi")
    return Workload(replicas=1, requests=size, limits=size, surge_percent=100)


def _limit(memory: str) -> int:
    return int(in_bytes(memory) * _OVERHEAD) // 2**20 + 64


def config(memory: str) -> str:
    """Redis's own configuration.

    It forgets the least used when full (facts.md 2.6), writes nothing to disk, and the password comes by environment.
    """
    lines = (
        f"maxmemory {int(in_bytes(memory))}",
        "maxmemory-policy allkeys-lru",
        'save ""',
        "appendonly no",
        "protected-mode yes",
        "bind * -::*",
        "timeout 0",
        "tcp-keepalive 60",
    )
    return "\n".join(lines) + "\n"


class Cache(pulumi.ComponentResource):
    """One Redis without a disk, its exporter beside it, and the name `redis` by which applications call it.

    A cache: when its pod dies, answers are slower until it has filled again, and nothing is lost. A second replica
    would need a third that decides between them, for data nobody misses (design.md, "Stacks").
    """

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:Cache", name, None, opts)
        self._args = args
        first = pulumi.ResourceOptions(parent=self, depends_on=list(args.after))
        settings = core.v1.ConfigMap(
            "cache-config", metadata=self._metadata(), data={"redis.conf": config(args.memory)}, opts=first
        )
        deployment = apps.v1.Deployment(
            "cache",
            metadata=self._metadata(),
            spec=self._deployment(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[settings]),
        )
        core.v1.Service(
            "cache-service",
            metadata=self._metadata(conventions.does_not_wait()),  # the Deployment, waited for, is what it shows
            spec=core.v1.ServiceSpecArgs(
                selector=dict(LABELS),
                ports=[
                    core.v1.ServicePortArgs(name="redis", port=PORT, target_port="redis", protocol="TCP"),
                    core.v1.ServicePortArgs(name="metrics", port=METRICS_PORT, target_port="metrics", protocol="TCP"),
                ],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
        self.register_outputs({})

    def _metadata(self, annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
        return ObjectMetaArgs(
            name=NAME,
            namespace=self._args.namespace,
            labels=conventions.labels("cache", NAME),
            annotations=dict(annotations) if annotations else None,
        )

    def _deployment(self) -> apps.v1.DeploymentSpecArgs:
        digest = hashlib.sha256(config(self._args.memory).encode()).hexdigest()
        annotations = {"stratmaster.com/config": digest, "stratmaster.com/checksum": self._args.checksum}
        return apps.v1.DeploymentSpecArgs(
            replicas=1,
            strategy=apps.v1.DeploymentStrategyArgs(type="Recreate"),  # two of them would answer differently
            selector=LabelSelectorArgs(match_labels=dict(LABELS)),
            template=core.v1.PodTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=conventions.labels("cache", NAME), annotations=annotations),
                spec=core.v1.PodSpecArgs(
                    automount_service_account_token=False,
                    service_account_name=conventions.API,  # it carries no token and no rights
                    security_context=core.v1.PodSecurityContextArgs(
                        run_as_non_root=True,
                        run_as_user=_USER,
                        run_as_group=_USER,
                        fs_group=_USER,
                        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
                    ),
                    containers=[self._redis(), self._exporter()],
                    volumes=[
                        core.v1.VolumeArgs(name="config", config_map=core.v1.ConfigMapVolumeSourceArgs(name=NAME))
                    ],
                ),
            ),
        )

    def _redis(self) -> core.v1.ContainerArgs:
        limit = Size(cpu="500m", memory=f"{_limit(self._args.memory)}Mi", ephemeral_storage="64Mi")
        probe = core.v1.ExecActionArgs(command=["sh", "-c", READY])
        return core.v1.ContainerArgs(
            name="redis",
            image=IMAGE,
            command=["sh", "-c", START],
            env=[self._password(_PASSWORD)],
            ports=[core.v1.ContainerPortArgs(name="redis", container_port=PORT, protocol="TCP")],
            security_context=_confined(),
            resources=core.v1.ResourceRequirementsArgs(requests=written(limit), limits=written(limit)),
            readiness_probe=core.v1.ProbeArgs(exec_=probe, period_seconds=5, timeout_seconds=2),
            liveness_probe=core.v1.ProbeArgs(
                tcp_socket=core.v1.TCPSocketActionArgs(port="redis"), period_seconds=20, failure_threshold=5
            ),
            volume_mounts=[core.v1.VolumeMountArgs(name="config", mount_path="/etc/redis", read_only=True)],
        )

    def _exporter(self) -> core.v1.ContainerArgs:
        probe = core.v1.HTTPGetActionArgs(path="/health", port="metrics")
        return core.v1.ContainerArgs(
            name="exporter",
            image=EXPORTER_IMAGE,
            env=[
                core.v1.EnvVarArgs(name="REDIS_ADDR", value=f"redis://localhost:{PORT}"),
                self._password("REDIS_PASSWORD"),
            ],
            ports=[core.v1.ContainerPortArgs(name="metrics", container_port=METRICS_PORT, protocol="TCP")],
            security_context=_confined(),
            resources=core.v1.ResourceRequirementsArgs(requests=written(EXPORTER), limits=written(EXPORTER_LIMITS)),
            readiness_probe=core.v1.ProbeArgs(http_get=probe, period_seconds=10, timeout_seconds=5),
            liveness_probe=core.v1.ProbeArgs(http_get=probe, period_seconds=30, timeout_seconds=5),
        )

    def _password(self, variable: str) -> core.v1.EnvVarArgs:
        key = self._args.password
        source = core.v1.SecretKeySelectorArgs(name=key.name, key=key.key)
        return core.v1.EnvVarArgs(name=variable, value_from=core.v1.EnvVarSourceArgs(secret_key_ref=source))


def _confined() -> core.v1.SecurityContextArgs:
    return core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        run_as_non_root=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )
