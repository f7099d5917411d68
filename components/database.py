"""The database: a name for one of your own, or a PostgreSQL cluster that CloudNativePG runs and archives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import aws_names, conventions
from components.namespace import DEFAULT_LIMITS, DEFAULT_REQUESTS
from components.quota import Size, Workload
from settings.data import Backups, FoundationDatabase, Pooler

NAME: Final = "postgres"
PLUGIN: Final = "barman-cloud.cloudnative-pg.io"
IMAGE: Final = "ghcr.io/cloudnative-pg/postgresql:16.10"
REQUESTS: Final = Size(cpu="4", memory="8Gi", ephemeral_storage="1Gi")
LIMITS: Final = Size(cpu="8", memory="16Gi", ephemeral_storage="2Gi")
"""facts.md 3.1."""


_OPERATOR: Final = "postgresql.cnpg.io/v1"


class _Kind(NamedTuple):
    """A custom resource's kind, and the object's name."""

    version: str
    kind: str
    name: str = NAME


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Which database, and where it archives to.

    Attributes:
        namespace: where it runs.
        settings: which mode, and how large.
        backups: the bucket; None archives nothing, which only a server of one's own may (it archives by itself).
        role: the AWS role by which it archives, or None.
        owner: the Secret with the user and password of the database's owner, in the one form that the operator reads.
        protect: whether Pulumi refuses to delete it.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    settings: FoundationDatabase
    backups: Backups | None
    role: str | None
    owner: str
    protect: bool
    after: Sequence[pulumi.Resource]


def workloads(settings: FoundationDatabase) -> tuple[Workload, ...]:
    """Room in the namespace for it."""
    if settings.mode == "external":
        return ()
    instances = Workload(replicas=settings.instances, requests=REQUESTS, limits=LIMITS, surge_percent=100)
    if settings.pooler is None:
        return (instances,)
    pooler = Workload(replicas=settings.pooler.instances, requests=DEFAULT_REQUESTS, limits=DEFAULT_LIMITS)
    return (instances, pooler)


class Database(pulumi.ComponentResource):
    """PostgreSQL under the name `postgres`, whichever one it is.

    In mode `cluster`: three instances on three nodes, one of which takes writes, the others follow and take over (the
    guard against a lost node), where asked for a Pooler that keeps applications' connections within what the server can
    bear, and WAL archived all the time, the guard against a lost cluster: a daily dump alone can lose a day (facts.md
    C32). The Cluster and its archive are protected: `pulumi destroy` and a renamed key must not take data with them.
    """

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:Database", name, None, opts)
        self._args = args
        if args.settings.mode == "external":
            self._external()
        else:
            self._cluster()
        self.register_outputs({})

    def _external(self) -> None:
        """A name in the cluster for a server outside of it: who calls `postgres` needn't know where it is."""
        core.v1.Service(
            "database-name",
            metadata=ObjectMetaArgs(
                name=NAME, namespace=self._args.namespace, labels=conventions.labels("database", NAME)
            ),
            spec=core.v1.ServiceSpecArgs(type="ExternalName", external_name=self._args.settings.host),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.after)),
        )

    def _cluster(self) -> None:
        before = list(self._args.after)
        if self._args.backups is not None:
            before.append(
                self._object("archive", _Kind("barmancloud.cnpg.io/v1", "ObjectStore"), self._archive(), before)
            )
        cluster = self._object("database", _Kind(_OPERATOR, "Cluster"), self._instances(), before)
        if (pooler := self._args.settings.pooler) is not None:
            self._object("pooler", _Kind(_OPERATOR, "Pooler", f"{NAME}-pooler"), _pooler(pooler), [cluster])
        if self._args.backups is not None:
            daily = _Kind(_OPERATOR, "ScheduledBackup", f"{NAME}-daily")
            self._object("base-backups", daily, _base_backups(), [cluster])
        core.v1.Service(
            "database-name",
            metadata=ObjectMetaArgs(
                name=NAME,
                namespace=self._args.namespace,
                labels=conventions.labels("database", NAME),
                annotations=conventions.does_not_wait(),  # the Cluster is what it shows
            ),
            spec=core.v1.ServiceSpecArgs(
                selector={"cnpg.io/cluster": NAME, "cnpg.io/instanceRole": "primary"},
                ports=[core.v1.ServicePortArgs(name="postgres", port=5432, target_port=5432, protocol="TCP")],
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[cluster]),
        )

    def _object(
        self, logical: str, kind: _Kind, spec: Mapping[str, object], before: Sequence[pulumi.Resource]
    ) -> CustomResource:
        return CustomResource(
            logical,
            api_version=kind.version,
            kind=kind.kind,
            metadata={
                "name": kind.name,
                "namespace": self._args.namespace,
                "labels": conventions.labels("database", NAME),
            },
            spec=dict(spec),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(before),
                protect=self._args.protect and kind.kind in {"Cluster", "ObjectStore"},
            ),
        )

    def _instances(self) -> Mapping[str, object]:
        settings = self._args.settings
        spec: dict[str, object] = {
            "instances": settings.instances,
            "imageName": IMAGE,
            "primaryUpdateStrategy": "unsupervised",
            "storage": {"size": settings.storage, "storageClass": settings.storage_class},
            "resources": {"requests": _pod(REQUESTS), "limits": _pod(LIMITS)},
            "affinity": {
                "enablePodAntiAffinity": True,
                "topologyKey": "kubernetes.io/hostname",
                "podAntiAffinityType": "required",
            },
            "bootstrap": {
                "initdb": {"database": "stratmaster", "owner": "stratmaster", "secret": {"name": self._args.owner}}
            },
            # Restores and the record of runs make databases of their own (operations/restore.py, records.py).
            "managed": {
                "roles": [
                    {
                        "name": "stratmaster",
                        "ensure": "present",
                        "login": True,
                        "createdb": True,
                        "inRoles": ["pg_monitor"],
                        "passwordSecret": {"name": self._args.owner},
                    }
                ]
            },
            "postgresql": {
                "parameters": {
                    "max_connections": str(settings.max_connections),
                    "shared_buffers": "2GB",
                    "archive_timeout": "60s",
                    # Naming one of its parameters makes the operator preload and create the extension.
                    "pg_stat_statements.max": "10000",
                    "pg_stat_statements.track": "all",
                }
            },
            "monitoring": {"enablePodMonitor": True},
        }
        if self._args.backups is not None:
            plugin = {"name": PLUGIN, "isWALArchiver": True, "parameters": {"barmanObjectName": NAME}}
            spec["plugins"] = [plugin]
            if role := self._args.role:
                spec["serviceAccountTemplate"] = {"metadata": {"annotations": {aws_names.ROLE_ANNOTATION: role}}}
        return spec

    def _archive(self) -> Mapping[str, object]:
        backups = self._args.backups or Backups()
        encryption = {"encryption": "aws:kms"} if backups.kms_key else {}
        return {
            "retentionPolicy": f"{backups.retention_days}d",
            "configuration": {
                "destinationPath": archive_url(backups),
                **({"endpointURL": backups.endpoint} if backups.endpoint else {}),
                "s3Credentials": {"inheritFromIAMRole": True},
                "wal": {"compression": "gzip", **encryption},
                "data": {"compression": "gzip", **encryption},
            },
        }


def _pooler(settings: Pooler) -> Mapping[str, object]:
    """Its pods are the operator's own, confined as `restricted` asks, at the namespace's default size."""
    return {
        "cluster": {"name": NAME},
        "instances": settings.instances,
        "type": "rw",
        "pgbouncer": {
            "poolMode": "transaction",
            "parameters": {"default_pool_size": str(settings.pool_size), "max_client_conn": "1000"},
        },
    }


def archive_url(backups: Backups) -> str:
    """Where physical backups and the WAL are in the bucket."""
    prefix = f"{backups.prefix.strip('/')}/" if backups.prefix else ""
    return f"s3://{backups.bucket}/{prefix}physical"


def _base_backups() -> Mapping[str, object]:
    """A physical backup a day, to which the archived WAL is replayed; six fields, the first of them seconds."""
    return {
        "schedule": "0 0 3 * * *",
        "backupOwnerReference": "self",
        "cluster": {"name": NAME},
        "method": "plugin",
        "pluginConfiguration": {"name": PLUGIN},
    }


def _pod(size: Size) -> dict[str, str]:
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}
