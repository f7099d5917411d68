"""What the objects of a PostgreSQL cluster say: the Cluster, its archive, its daily physical backup."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components import aws_names
from components.quota import Size
from settings.data import Backups, FoundationDatabase, PastRecovery

NAME: Final = "postgres"
REPLICA: Final = "postgres-replica"
"""As the secrets' catalogue has it. The operator's own `postgres-ro` stays with the cluster that it is called after."""
PLUGIN: Final = "barman-cloud.cloudnative-pg.io"
IMAGE: Final = "ghcr.io/cloudnative-pg/postgresql:16.10"
REQUESTS: Final = Size(cpu="4", memory="8Gi", ephemeral_storage="1Gi")
LIMITS: Final = Size(cpu="8", memory="16Gi", ephemeral_storage="2Gi")
"""facts.md 3.1."""
POD_LABELS: Final[Mapping[str, str]] = {"stratmaster.com/database": NAME}
"""On the pods of every such cluster, whatever it is called: the network policies know them by it."""
FENCED: Final[Mapping[str, str]] = {"cnpg.io/fencedInstances": '["*"]'}
"""The operator stops PostgreSQL in every instance and keeps the volumes."""


RESTORE_POINTS: Final = "GRANT EXECUTE ON FUNCTION pg_catalog.pg_create_restore_point(text) TO stratmaster"
"""For the point that a migration can be taken back to. It holds in the database `postgres`, which no dump of ours has:
one that has such a grant could be restored by a superuser only."""


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """One cluster among those that there are.

    Attributes:
        name: the Cluster's, under which it archives too: two that wrote into one archive would spoil it.
        recovered: where its data came from, or None for the first one.
        serves: whether the name `postgres` leads to it.
    """

    name: str
    recovered: PastRecovery | None
    serves: bool


def lineage(settings: FoundationDatabase) -> tuple[Lineage, ...]:
    """All clusters that are declared: the first one, and one for each recovery, called by its moment."""
    serving = settings.serving
    recovered = [
        Lineage(name=f"{NAME}-{recovery.stamp}", recovered=recovery, serves=recovery is serving)
        for recovery in settings.recoveries
    ]
    lost = settings.recovery is not None and settings.recovery.original_lost
    first = [] if lost else [Lineage(name=NAME, recovered=None, serves=serving is None)]
    return (*first, *recovered)


def serving(settings: FoundationDatabase) -> str:
    """The name of the Cluster that `postgres` leads to."""
    return next(each.name for each in lineage(settings) if each.serves)


def cluster(
    settings: FoundationDatabase, backups: Backups | None, own: Lineage, *, role: str | None, owner: str
) -> dict[str, object]:
    """A Cluster's spec.

    Args:
        settings: how large.
        backups: where it archives to; None archives nothing.
        own: which of the clusters.
        role: the AWS role by which it archives, or None.
        owner: the Secret with the user and password of the database's owner.
    """
    spec: dict[str, object] = {
        "instances": settings.instances,
        "imageName": IMAGE,
        "primaryUpdateStrategy": "unsupervised",
        "inheritedMetadata": {"labels": dict(POD_LABELS)},
        "storage": {"size": settings.storage, "storageClass": settings.storage_class},
        "resources": {"requests": _pod(REQUESTS), "limits": _pod(LIMITS)},
        "affinity": {
            "enablePodAntiAffinity": True,
            "topologyKey": "kubernetes.io/hostname",
            "podAntiAffinityType": "required",
        },
        **_beginning(own, owner),
        # Restores and the record of runs make databases of their own (operations/restore.py, records.py).
        "managed": {
            "roles": [
                {
                    "name": "stratmaster",
                    "ensure": "present",
                    "login": True,
                    "createdb": True,
                    "inRoles": ["pg_monitor"],
                    "passwordSecret": {"name": owner},
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
    if backups is not None:
        spec["plugins"] = [{"name": PLUGIN, "isWALArchiver": True, "parameters": {"barmanObjectName": NAME}}]
        if role:
            spec["serviceAccountTemplate"] = {"metadata": {"annotations": {aws_names.ROLE_ANNOTATION: role}}}
    return spec


def _beginning(own: Lineage, owner: str) -> dict[str, object]:
    """Where its data come from; the operator reads this once, when it makes the first instance."""
    recovery = own.recovered
    database = {"database": "stratmaster", "owner": "stratmaster", "secret": {"name": owner}}
    if recovery is None:
        return {"bootstrap": {"initdb": {**database, "postInitSQL": [RESTORE_POINTS]}}}
    source = recovery.source or NAME
    plugin = {"name": PLUGIN, "parameters": {"barmanObjectName": NAME, "serverName": source}}
    target = {"targetTime": recovery.moment.isoformat()}
    return {
        "bootstrap": {"recovery": {"source": source, "recoveryTarget": target, **database}},
        "externalClusters": [{"name": source, "plugin": plugin}],
    }


def archive(backups: Backups) -> dict[str, object]:
    """The ObjectStore's spec: one for all clusters, each below its own name."""
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


def archive_url(backups: Backups) -> str:
    """Where physical backups and the WAL are in the bucket."""
    prefix = f"{backups.prefix.strip('/')}/" if backups.prefix else ""
    return f"s3://{backups.bucket}/{prefix}physical"


def base_backups(own: Lineage) -> dict[str, object]:
    """A physical backup a day, to which the archived WAL is replayed; six fields, the first of them seconds.

    A recovered cluster takes its first one at once: until then no moment of its own can be gone back to.
    """
    return {
        "schedule": "0 0 3 * * *",
        "backupOwnerReference": "self",
        "cluster": {"name": own.name},
        "method": "plugin",
        "pluginConfiguration": {"name": PLUGIN},
        **({"immediate": True} if own.recovered else {}),
        **({} if own.serves else {"suspend": True}),
    }


def _pod(size: Size) -> dict[str, str]:
    return {"cpu": size.cpu, "memory": size.memory, "ephemeral-storage": size.ephemeral_storage}
