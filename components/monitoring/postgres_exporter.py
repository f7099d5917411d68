"""The database's exporters: one of the server, one of the table of runs that jobs leave behind."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import yaml
from pulumi_kubernetes import apps, core
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components import conventions
from components.monitoring.postgres_queries import document
from components.quota import Size, Workload
from components.release import SecretKey
from operations import exporter
from operations.metrics import RECORDS

NAME: Final = conventions.POSTGRES_EXPORTER
PORT: Final = 9187
JOBS_PORT: Final = 9188
JOBS: Final = "jobs"
"""The name of the port that serves the table of runs."""
IMAGE: Final = (
    "quay.io/prometheuscommunity/postgres-exporter:v0.17.1"
    "@sha256:38606faa38c54787525fb0ff2fd6b41b4cfb75d455c1df294927c5f611699b17"
)
LABELS: Final[Mapping[str, str]] = {"app.kubernetes.io/name": NAME}
REQUESTS: Final = Size(cpu="20m", memory="32Mi", ephemeral_storage="16Mi")
LIMITS: Final = Size(cpu="200m", memory="128Mi", ephemeral_storage="64Mi")
_BOTH: Final = (
    Size(cpu="40m", memory="64Mi", ephemeral_storage="32Mi"),
    Size(cpu="400m", memory="256Mi", ephemeral_storage="128Mi"),
)
WORKLOAD: Final = Workload(replicas=1, requests=_BOTH[0], limits=_BOTH[1], surge_percent=100)

_QUERIES: Final = "queries.yaml"
_JOB_QUERIES: Final = "job-queries.yaml"
_FOLDER: Final = "/etc/postgres-exporter"
_USER: Final = 65534


@dataclass(frozen=True, kw_only=True)
class PostgresExporterArgs:
    """Whom it asks, and as whom.

    Attributes:
        namespace: where it runs.
        host: the Secret's key that holds the primary's host.
        port: the same for its port.
        database: the same for the database.
        user: the same for a role that has pg_monitor and no more.
        password: the same for its password.
    """

    namespace: pulumi.Input[str]
    host: SecretKey
    port: SecretKey
    database: SecretKey
    user: SecretKey
    password: SecretKey


class PostgresExporter(pulumi.ComponentResource):
    """One pod of postgres_exporter that asks the primary, as the read-only role.

    It serves whichever database there is, an operator's or somebody else's, so alerts know one set of names. When it
    dies its series go, and `PostgresUnwatched` says so. Its role needs pg_monitor, and SELECT on `runs` in the database
    of the operations; more it needn't have. A second container asks that database, since one asks only one.
    """

    def __init__(self, name: str, args: PostgresExporterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:PostgresExporter", name, None, opts)
        self._args = args
        files = {
            _QUERIES: yaml.safe_dump(document(), sort_keys=True, width=1000),
            _JOB_QUERIES: yaml.safe_dump(_job_queries(), sort_keys=True, width=1000),
        }
        digest = hashlib.sha256("".join(files.values()).encode()).hexdigest()
        config = core.v1.ConfigMap(
            "postgres-queries",
            metadata=self._metadata(),
            data=files,
            opts=pulumi.ResourceOptions(parent=self),
        )
        apps.v1.Deployment(
            "postgres-exporter",
            # Without a database it isn't ready, and the foundation has to come up all the same: an alert tells of it.
            metadata=self._metadata(conventions.does_not_wait()),
            spec=apps.v1.DeploymentSpecArgs(
                replicas=1,
                selector=LabelSelectorArgs(match_labels=dict(LABELS)),
                template=core.v1.PodTemplateSpecArgs(
                    metadata=ObjectMetaArgs(
                        labels=_labels(),
                        annotations={"stratmaster.com/config": digest},
                    ),
                    spec=self._pod(),
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[config]),
        )
        self.register_outputs({})

    def _metadata(self, annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
        return ObjectMetaArgs(
            name=NAME,
            namespace=self._args.namespace,
            labels=_labels(),
            annotations=dict(annotations) if annotations else None,
        )

    def _pod(self) -> core.v1.PodSpecArgs:
        return core.v1.PodSpecArgs(
            automount_service_account_token=False,
            service_account_name=conventions.API,  # it carries no token and no rights
            security_context=core.v1.PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=_USER,
                run_as_group=_USER,
                seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
            ),
            containers=[self._server(), self._jobs()],
            volumes=[core.v1.VolumeArgs(name="queries", config_map=core.v1.ConfigMapVolumeSourceArgs(name=NAME))],
        )

    def _server(self) -> core.v1.ContainerArgs:
        return self._container("metrics", PORT, "$(PGDATABASE)", [f"--extend.query-path={_FOLDER}/{_QUERIES}"])

    def _jobs(self) -> core.v1.ContainerArgs:
        flags = [
            f"--extend.query-path={_FOLDER}/{_JOB_QUERIES}",
            "--disable-default-metrics",
            "--disable-settings-metrics",
        ]
        return self._container(JOBS, JOBS_PORT, f"$(PGDATABASE){RECORDS}", flags)

    def _container(self, name: str, port: int, database: str, flags: list[str]) -> core.v1.ContainerArgs:
        probe = core.v1.HTTPGetActionArgs(path="/", port=name)
        return core.v1.ContainerArgs(
            name=name,
            image=IMAGE,
            args=[*flags, f"--web.listen-address=:{port}"],
            env=[*self._environment(), _plain("DATA_SOURCE_URI", f"$(PGHOST):$(PGPORT)/{database}?sslmode=require")],
            ports=[core.v1.ContainerPortArgs(name=name, container_port=port, protocol="TCP")],
            security_context=core.v1.SecurityContextArgs(
                allow_privilege_escalation=False,
                read_only_root_filesystem=True,
                run_as_non_root=True,
                capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
            ),
            resources=core.v1.ResourceRequirementsArgs(requests=_written(REQUESTS), limits=_written(LIMITS)),
            readiness_probe=core.v1.ProbeArgs(http_get=probe, period_seconds=10, timeout_seconds=5),
            liveness_probe=core.v1.ProbeArgs(http_get=probe, period_seconds=30, timeout_seconds=5),
            volume_mounts=[core.v1.VolumeMountArgs(name="queries", mount_path=_FOLDER, read_only=True)],
        )

    def _environment(self) -> list[core.v1.EnvVarArgs]:
        keys = {
            "PGHOST": self._args.host,
            "PGPORT": self._args.port,
            "PGDATABASE": self._args.database,
            "DATA_SOURCE_USER": self._args.user,
            "DATA_SOURCE_PASS": self._args.password,
        }
        return [
            core.v1.EnvVarArgs(
                name=name,
                value_from=core.v1.EnvVarSourceArgs(
                    secret_key_ref=core.v1.SecretKeySelectorArgs(name=key.name, key=key.key)
                ),
            )
            for name, key in keys.items()
        ]


def _job_queries() -> dict[str, object]:
    """The operations' own queries, without what only CloudNativePG's exporter reads."""
    found = exporter.queries(conventions.PROJECT)
    return {group: {"query": query["query"], "metrics": query["metrics"]} for group, query in found.items()}


def _labels() -> dict[str, str]:
    return conventions.labels("monitoring", NAME)


def _plain(name: str, value: str) -> core.v1.EnvVarArgs:
    return core.v1.EnvVarArgs(name=name, value=value)


def _written(size: Size) -> dict[str, str]:
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}
