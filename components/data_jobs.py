"""Pods that run `python -m operations`: one shape for CronJobs and Jobs, so that what is tested is what runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions
from components.quota import Size, Workload
from components.release import SecretKey

USER: Final = 1001  # the image's own user (operations/Dockerfile)
REQUESTS: Final = Size(cpu="250m", memory="256Mi", ephemeral_storage="1Gi")
LIMITS: Final = Size(cpu="2", memory="512Mi", ephemeral_storage="2Gi")
"""A backup's memory is flat at 200 MB whatever the size; the rest is the server on which its proof is restored."""
SCRATCH: Final = "/scratch"
TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - where clients look for it
TOKEN_SECONDS: Final = 3600
DRILL_REQUESTS: Final = Size(cpu="500m", memory="1Gi", ephemeral_storage="1Gi")
DRILL_LIMITS: Final = Size(cpu="2", memory="2Gi", ephemeral_storage="2Gi")
"""A drill runs a server that builds every index, with 256 MB for each at a time (operations/loading.py)."""


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A disk that comes and goes with a pod.

    Attributes:
        size: "100Gi".
        storage_class: of its volume.
    """

    size: str
    storage_class: str


def workload(at_one_time: int) -> Workload:
    """Room in a namespace for so many of them."""
    return Workload(replicas=at_one_time, requests=REQUESTS, limits=LIMITS, surge_percent=0)


def drill_workload() -> Workload:
    """Room for one that has a disk."""
    return Workload(replicas=1, requests=DRILL_REQUESTS, limits=DRILL_LIMITS, surge_percent=0)


@dataclass(frozen=True, kw_only=True)
class OperationPod:
    """One run of one command.

    Attributes:
        name: of the container.
        component: the label by which the network policies know it: backup, restore, migration, database-maintenance.
        image: pinned.
        pull_secret: name of the Secret that the registry is opened with.
        arguments: after `python -m operations`.
        env: variables without secrets.
        secret_env: variable -> the Secret's value that it takes.
        service_account: whose identity it has with the bucket.
        disk: where it puts what is large; the node's own disk, 2 GiB of it, where it is None.
        asks_cluster: whether it is given a token for the Kubernetes API, one that expires.
    """

    name: str
    component: str
    image: str
    pull_secret: str
    arguments: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    secret_env: Mapping[str, SecretKey] = field(default_factory=dict[str, SecretKey])
    service_account: str = conventions.API
    disk: Disk | None = None
    asks_cluster: bool = False

    def labels(self) -> dict[str, str]:
        """The pod's labels."""
        return conventions.labels(self.component, "stratmaster-operations")

    def template(self) -> core.v1.PodTemplateSpecArgs:
        """The pod, never started again by the kubelet: a Job makes another one, whose log can be read beside."""
        return core.v1.PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(labels=self.labels()),
            spec=core.v1.PodSpecArgs(
                restart_policy="Never",
                automount_service_account_token=False,
                service_account_name=self.service_account,
                image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=self.pull_secret)],
                security_context=core.v1.PodSecurityContextArgs(
                    run_as_non_root=True,
                    run_as_user=USER,
                    run_as_group=USER,
                    fs_group=USER,
                    seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
                ),
                containers=[self._container()],
                volumes=[self._scratch(), *([token()] if self.asks_cluster else [])],
            ),
        )

    def _scratch(self) -> core.v1.VolumeArgs:
        if self.disk is None:
            folder = core.v1.EmptyDirVolumeSourceArgs(size_limit=LIMITS.ephemeral_storage)
            return core.v1.VolumeArgs(name="scratch", empty_dir=folder)
        claim = core.v1.PersistentVolumeClaimSpecArgs(
            access_modes=["ReadWriteOnce"],
            storage_class_name=self.disk.storage_class,
            resources=core.v1.VolumeResourceRequirementsArgs(requests={"storage": self.disk.size}),
        )
        template = core.v1.PersistentVolumeClaimTemplateArgs(metadata=ObjectMetaArgs(labels=self.labels()), spec=claim)
        return core.v1.VolumeArgs(
            name="scratch", ephemeral=core.v1.EphemeralVolumeSourceArgs(volume_claim_template=template)
        )

    def _container(self) -> core.v1.ContainerArgs:
        requests, limits = (REQUESTS, LIMITS) if self.disk is None else (DRILL_REQUESTS, DRILL_LIMITS)
        return core.v1.ContainerArgs(
            name=self.name,
            image=self.image,
            command=["python", "-m", "operations"],
            args=list(self.arguments),
            env=[
                *environment(self.env),
                *(from_secret(name, key) for name, key in self.secret_env.items()),
            ],
            security_context=core.v1.SecurityContextArgs(
                allow_privilege_escalation=False,
                read_only_root_filesystem=True,
                run_as_non_root=True,
                capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
            ),
            resources=core.v1.ResourceRequirementsArgs(requests=written(requests), limits=written(limits)),
            volume_mounts=[
                core.v1.VolumeMountArgs(name="scratch", mount_path=SCRATCH),
                *(
                    [core.v1.VolumeMountArgs(name="token", mount_path=TOKEN, read_only=True)]
                    if self.asks_cluster
                    else []
                ),
            ],
        )


def token() -> core.v1.VolumeArgs:
    """What a client in a pod looks for, mounted where it is needed instead of into every pod of the account."""
    token = core.v1.ServiceAccountTokenProjectionArgs(path="token", expiration_seconds=TOKEN_SECONDS)
    authority = core.v1.ConfigMapProjectionArgs(
        name="kube-root-ca.crt", items=[core.v1.KeyToPathArgs(key="ca.crt", path="ca.crt")]
    )
    sources = [
        core.v1.VolumeProjectionArgs(service_account_token=token),
        core.v1.VolumeProjectionArgs(config_map=authority),
    ]
    return core.v1.VolumeArgs(name="token", projected=core.v1.ProjectedVolumeSourceArgs(sources=sources))


def environment(variables: Mapping[str, str]) -> list[core.v1.EnvVarArgs]:
    """Variables without secrets, as a container has them."""
    return [core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.items()]


def from_secret(name: str, key: SecretKey) -> core.v1.EnvVarArgs:
    """A variable that takes a Secret's value."""
    source = core.v1.SecretKeySelectorArgs(name=key.name, key=key.key)
    return core.v1.EnvVarArgs(name=name, value_from=core.v1.EnvVarSourceArgs(secret_key_ref=source))


def written(size: Size) -> dict[str, pulumi.Input[str]]:
    """An amount as Kubernetes writes it."""
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}
