"""The daily scan of every image that runs, by Trivy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import batch, core
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import data_jobs, pod_list
from components.data_jobs import SCRATCH, TOKEN, USER
from components.pod_list import ACCOUNT, PodList, PodListArgs, Presence
from components.quota import Size, Workload
from components.release import SecretKey
from settings.scans import Scans

NAME: Final = "image-scan"
REQUESTS: Final = Size(cpu="250m", memory="512Mi", ephemeral_storage="4Gi")
LIMITS: Final = Size(cpu="1", memory="2Gi", ephemeral_storage="10Gi")
"""On the disk are Trivy's two databases, some 2 GB unpacked, and the layers of one image at a time."""
WORKLOAD: Final = Workload(replicas=1, requests=REQUESTS, limits=LIMITS, surge_percent=0)
DEADLINE_SECONDS: Final = 7200
IMAGE_TIMEOUT: Final = "15m"

_IMAGES: Final = f"{SCRATCH}/images"
_REPORTS: Final = f"{SCRATCH}/reports"
_DOCKER: Final = "/registry"
_SCRIPT: Final = f"""\
mkdir -p {_REPORTS}
n=0
while read -r image; do
  n=$((n + 1))
  trivy image --output {_REPORTS}/$n.json "$image" < /dev/null || echo "not scanned: $image" >&2
done < {_IMAGES}
"""
"""One image that can't be scanned doesn't keep the others from it: `scan record` misses its report, and says so."""


@dataclass(frozen=True, kw_only=True)
class ImageScansArgs:
    """What it works with.

    Attributes:
        namespace: where it runs.
        operations: the operations image, pinned.
        pull_secret: name of the Secret that the registry is opened with.
        url: the Secret's value with the database's URL, for the table of runs.
        settings: when, and by which Trivy.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    operations: str
    pull_secret: str
    url: SecretKey
    settings: Scans
    after: Sequence[pulumi.Resource]


class ImageScans(pulumi.ComponentResource):
    """A CronJob whose pod lists the images, scans them, and records what was found, in a container each.

    Guards against an image that was clean when it was reviewed and isn't any more. Trivy reads what strangers built, so
    its container has neither the token for the cluster nor the database's password, and no node's socket: it pulls from
    the registry itself. Its operator would do the same with the right to read every Secret of the cluster.
    """

    def __init__(self, name: str, args: ImageScansArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:scans:ImageScans", name, None, opts)
        self._args = args
        own = pulumi.ResourceOptions(parent=self)
        PodList("pod-list", PodListArgs(namespace=args.namespace, after=args.after), own)
        Presence("presence", own)
        account = core.v1.ServiceAccount(
            "image-scan-account",
            metadata=self._metadata(ACCOUNT),
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        batch.v1.CronJob(
            "image-scan-job",
            metadata=self._metadata(NAME),
            spec=self._spec(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account, *args.after]),
        )
        self.register_outputs({})

    def _metadata(self, name: str) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=name, namespace=self._args.namespace, labels=pod_list.labels())

    def _spec(self) -> batch.v1.CronJobSpecArgs:
        return batch.v1.CronJobSpecArgs(
            schedule=self._args.settings.schedule,
            time_zone="Etc/UTC",
            concurrency_policy="Forbid",
            starting_deadline_seconds=3600,
            successful_jobs_history_limit=1,
            failed_jobs_history_limit=1,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=pod_list.labels()),
                # Once: it pulls every image anew, and what it could read is recorded already.
                spec=batch.v1.JobSpecArgs(
                    backoff_limit=0, active_deadline_seconds=DEADLINE_SECONDS, template=self._pod()
                ),
            ),
        )

    def _pod(self) -> core.v1.PodTemplateSpecArgs:
        scratch = core.v1.VolumeMountArgs(name="scratch", mount_path=SCRATCH)
        token = core.v1.VolumeMountArgs(name="token", mount_path=TOKEN, read_only=True)
        docker = core.v1.VolumeMountArgs(name="registry", mount_path=_DOCKER, read_only=True)
        listing = ["scan", "list", "--images", _IMAGES]
        listing += [word for namespace in pod_list.NAMESPACES for word in ("--namespace", namespace)]
        recording = ["scan", "record", "--images", _IMAGES, "--reports", _REPORTS]
        listed = self._container("list", self._args.operations, listing, [scratch, token])
        scanned = self._container("trivy", self._args.settings.image, ["-c", _SCRIPT], [scratch, docker])
        scanned.command, scanned.env = ["/bin/sh"], data_jobs.environment(self._trivy())
        recorded = self._container("record", self._args.operations, recording, [scratch])
        recorded.env = [data_jobs.from_secret("POSTGRES_URL", self._args.url)]
        return core.v1.PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(labels=pod_list.labels()),
            spec=core.v1.PodSpecArgs(
                restart_policy="Never",
                automount_service_account_token=False,
                service_account_name=ACCOUNT,
                image_pull_secrets=[core.v1.LocalObjectReferenceArgs(name=self._args.pull_secret)],
                security_context=core.v1.PodSecurityContextArgs(
                    run_as_non_root=True,
                    run_as_user=USER,
                    run_as_group=USER,
                    fs_group=USER,
                    seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
                ),
                init_containers=[listed, scanned],
                containers=[recorded],
                volumes=self._volumes(),
            ),
        )

    def _trivy(self) -> Mapping[str, str]:
        """Its flags, as the variables that it takes each of them from."""
        settings = self._args.settings
        optional = {"TRIVY_DB_REPOSITORY": settings.database, "TRIVY_JAVA_DB_REPOSITORY": settings.java_database}
        return {
            "DOCKER_CONFIG": _DOCKER,
            "TMPDIR": SCRATCH,
            "TRIVY_CACHE_DIR": f"{SCRATCH}/cache",
            "TRIVY_DISABLE_TELEMETRY": "true",
            "TRIVY_FORMAT": "json",
            "TRIVY_IMAGE_SRC": "remote",
            "TRIVY_NO_PROGRESS": "true",
            "TRIVY_SCANNERS": "vuln",
            "TRIVY_SKIP_VERSION_CHECK": "true",
            "TRIVY_TIMEOUT": IMAGE_TIMEOUT,
            **{name: value for name, value in optional.items() if value},
        }

    def _container(
        self, name: str, image: str, arguments: Sequence[str], mounts: Sequence[core.v1.VolumeMountArgs]
    ) -> core.v1.ContainerArgs:
        return core.v1.ContainerArgs(
            name=name,
            image=image,
            command=["python", "-m", "operations"],
            args=list(arguments),
            security_context=core.v1.SecurityContextArgs(
                allow_privilege_escalation=False,
                read_only_root_filesystem=True,
                run_as_non_root=True,
                capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
            ),
            resources=core.v1.ResourceRequirementsArgs(
                requests=data_jobs.written(REQUESTS), limits=data_jobs.written(LIMITS)
            ),
            volume_mounts=list(mounts),
        )

    def _volumes(self) -> list[core.v1.VolumeArgs]:
        folder = core.v1.EmptyDirVolumeSourceArgs(size_limit=LIMITS.ephemeral_storage)
        login = core.v1.SecretVolumeSourceArgs(
            secret_name=self._args.pull_secret,
            items=[core.v1.KeyToPathArgs(key=".dockerconfigjson", path="config.json")],
        )
        return [
            core.v1.VolumeArgs(name="scratch", empty_dir=folder),
            data_jobs.token(),
            core.v1.VolumeArgs(name="registry", secret=login),
        ]
