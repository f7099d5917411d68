"""The foundation's data: database, cache, and the jobs that back them up and look after them."""

import pulumi

from components import backups, cache, data_jobs, database
from components.backups import Backups, BackupsArgs
from components.cache import Cache, CacheArgs
from components.database import Database, DatabaseArgs
from components.namespace import Namespace
from components.quota import Workload
from components.secrets import Secrets
from settings import FoundationSettings


def workloads(settings: FoundationSettings) -> tuple[Workload, ...]:
    """What of it may run in the foundation's namespace at one time."""
    return (
        *(database.workloads(settings.database) if settings.database else ()),
        *((cache.workload(settings.cache.memory),) if settings.cache else ()),
        *((data_jobs.workload(backups.AT_ONE_TIME), data_jobs.drill_workload()) if settings.backups else ()),
    )


def protected(settings: FoundationSettings) -> bool:
    """Whether the namespace holds data that has to outlive a slip: a database of ours, unless it is taken down."""
    database = settings.database
    return settings.protect_data and database is not None and database.mode == "cluster"


def build(settings: FoundationSettings, namespace: Namespace, secrets: Secrets, opts: pulumi.ResourceOptions) -> None:
    """Declare what the settings name; without `database` there is none, and somebody else's is used as it is."""
    where, first = namespace.created_name, [namespace, secrets]
    if settings.database is not None:
        Database(
            "database",
            DatabaseArgs(
                namespace=where,
                settings=settings.database,
                backups=settings.backups,
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
                archived=settings.database is not None and settings.database.mode == "cluster",
                after=first,
            ),
            opts,
        )
