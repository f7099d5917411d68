"""The foundation's data: database, cache, and the jobs that back them up and look after them."""

import pulumi

from components import backups, cache, conventions, data_jobs, database, database_cluster
from components.backups import Backups, BackupsArgs
from components.cache import Cache, CacheArgs
from components.database import Database, DatabaseArgs
from components.named import Named
from components.namespace import Namespace
from components.quota import Workload
from components.secrets import Secrets
from settings import FoundationSettings
from settings.data import FoundationDatabase
from stacks.shared import role_of, warn_of_closed_ways


def workloads(settings: FoundationSettings) -> tuple[Workload, ...]:
    """What of it may run in the foundation's namespace at one time."""
    return (
        *(database.workloads(settings.database) if settings.database else ()),
        *((cache.workload(settings.cache.memory),) if settings.cache else ()),
        *((data_jobs.workload(backups.AT_ONE_TIME), data_jobs.drill_workload()) if settings.backups else ()),
    )


def named(settings: FoundationSettings) -> list[Named]:
    """The classes of disks that are asked for."""
    database, backups_ = _cluster(settings), settings.backups
    asked = (
        ("database.storageClass", database.storage_class if database else None),
        ("backups.scratchClass", backups_.scratch_class if backups_ else None),
    )
    path = "/apis/storage.k8s.io/v1/storageclasses"
    return [Named(setting=key, kind="StorageClass", path=path, name=name) for key, name in asked if name]


def protected(settings: FoundationSettings) -> bool:
    """Whether the namespace holds data that has to outlive a slip: a database of ours, unless it is taken down."""
    return settings.protect_data and _cluster(settings) is not None


def _cluster(settings: FoundationSettings) -> FoundationDatabase | None:
    database = settings.database
    return database if database is not None and database.mode == "cluster" else None


def _role_of(settings: FoundationSettings, service_account: str) -> str | None:
    account = settings.aws.account_id if settings.aws else None
    return role_of(settings.backups, service_account, account) if settings.backups else None


def build(settings: FoundationSettings, namespace: Namespace, secrets: Secrets, opts: pulumi.ResourceOptions) -> None:
    """Declare what the settings name; without `database` there is none, and somebody else's is used as it is."""
    warn_of_closed_ways(settings)
    where, first = namespace.created_name, [namespace, secrets]
    if settings.database is not None:
        Database(
            "database",
            DatabaseArgs(
                namespace=where,
                settings=settings.database,
                backups=settings.backups,
                role_of=lambda account: _role_of(settings, account),
                owner=secrets.consumables["postgres-owner"].name,
                protect=settings.protect_data,
                after=first,
            ),
            opts,
        )
    if settings.cache is not None:
        password = secrets.key("redis-credentials", "redis-password")
        checksum = secrets.consumables["redis-credentials"].checksum
        Cache(
            "cache",
            CacheArgs(namespace=where, memory=settings.cache.memory, password=password, checksum=checksum, after=first),
            opts,
        )
    if settings.backups is not None and settings.operations is not None:
        Backups(
            "backups",
            BackupsArgs(
                namespace=where,
                image=str(settings.operations),
                pull_secret=secrets.pull_secret,
                url=secrets.key("postgres-credentials", "postgres-url"),
                settings=settings.backups,
                role_of=lambda account: _role_of(settings, account),
                secrets=[*(each.name for each in secrets.consumables.values()), conventions.TLS],
                archived=database_cluster.serving(cluster) if (cluster := _cluster(settings)) else None,
                after=first,
            ),
            opts,
        )
