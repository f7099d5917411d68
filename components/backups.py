"""The data's daily and weekly work: backups, their clean-up, and the database's upkeep, as CronJobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import batch, core
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import aws_names, config_access, conventions
from components.config_access import ConfigAccess, ConfigAccessArgs, NamespaceAccess
from components.data_jobs import SCRATCH, Disk, OperationPod
from components.database_cluster import archive_url
from components.release import SecretKey
from settings.data import BackupPlace
from settings.data import Backups as BackupSettings


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A command and when it runs.

    Attributes:
        name: of the CronJob.
        arguments: of `python -m operations`.
        at: cron's five fields, in UTC.
        component: the label by which the network policies know its pods.
        deadline_seconds: after which it is ended.
        account: the ServiceAccount that the bucket knows it by; apart from the API's, which no bucket knows.
        has_disk: whether it needs room for the whole database.
    """

    name: str
    arguments: Sequence[str]
    at: str
    component: str
    deadline_seconds: int
    account: str = aws_names.BACKUP
    has_disk: bool = False


SCHEDULES: Final = (
    Schedule(name="database-backup", arguments=("backup",), at="0 2 * * *", component="backup", deadline_seconds=14400),
    Schedule(
        name="database-backup-schema",
        arguments=("backup", "--schema-only"),
        at="30 1 * * *",
        component="backup",
        deadline_seconds=1800,
    ),
    Schedule(
        name="database-backup-verify",
        arguments=("verify", "--latest"),
        at="0 12 * * 0",
        component="backup",
        deadline_seconds=14400,
    ),
    Schedule(
        name="database-drill",
        arguments=("drill",),
        at="0 8 * * 0",
        component="restore",
        deadline_seconds=28800,
        account=aws_names.DRILL,
        has_disk=True,
    ),
    Schedule(
        name="database-prune",
        arguments=("prune",),
        at="0 6 * * *",
        component="backup",
        deadline_seconds=3600,
        account=aws_names.PRUNE,
    ),
    Schedule(
        name="database-maintenance",
        arguments=("maintain",),
        at="30 4 * * 6",
        component="database-maintenance",
        deadline_seconds=14400,
    ),
)
"""02:00 is the guide's backup (facts.md 4.3, C36); nothing else that is heavy runs at that hour."""

CONFIG: Final = Schedule(
    name="config-backup",
    arguments=(
        "backup-config",
        *(word for namespace in config_access.NAMESPACES for word in ("--namespace", namespace)),
    ),
    at="45 * * * *",
    component="config-backup",
    deadline_seconds=900,
    account=config_access.ACCOUNT,
)
"""Hourly: of configuration an hour may be lost (facts.md 5)."""
AT_ONE_TIME: Final = 4
"""Pods of these CronJobs that may overlap, a restore by hand included."""


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    """What the jobs work on.

    Attributes:
        namespace: where they run.
        image: the operations image, pinned.
        pull_secret: name of the Secret that the registry is opened with.
        url: the Secret's value with the database's URL.
        settings: where backups go.
        role_of: ServiceAccount -> the AWS role that its pods take, or None.
        archived: the name under which the database archives its WAL to the bucket, so that a drill can go to any
            moment; None where it doesn't.
        secrets: names of the Secrets of this namespace that the backup of the configuration holds.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    image: str
    pull_secret: str
    url: SecretKey
    settings: BackupSettings
    role_of: Callable[[str], str | None]
    secrets: Sequence[str]
    archived: str | None
    after: Sequence[pulumi.Resource]


class Backups(pulumi.ComponentResource):
    """CronJobs, one a command. What they do and what they guard against stands in `operations/`.

    None runs beside itself, and one that missed its hour by more than an hour waits for the next: a backup at noon
    costs users more than it gives them. Metrics of the last success tell when one is missing.
    """

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:Backups", name, None, opts)
        self._args = args
        schedules = list(SCHEDULES)
        if args.settings.config_recipients:
            schedules.append(CONFIG)
            own = pulumi.ResourceOptions(parent=self)
            ConfigAccess(
                "config-access", ConfigAccessArgs(namespace=args.namespace, secrets=args.secrets, after=args.after), own
            )
            NamespaceAccess("namespace-access", own)
        else:
            pulumi.warn("no backup of the configuration is taken: stratmaster:backups.configRecipients is empty")
        accounts = {name: self._account(name) for name in sorted({schedule.account for schedule in schedules})}
        for schedule in schedules:
            batch.v1.CronJob(
                schedule.name,
                metadata=ObjectMetaArgs(
                    name=schedule.name,
                    namespace=args.namespace,
                    labels=conventions.labels(schedule.component, "stratmaster-operations"),
                ),
                spec=self._spec(schedule),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[accounts[schedule.account], *args.after]),
            )
        self.register_outputs({})

    def _account(self, name: str) -> core.v1.ServiceAccount:
        """Each job its own, with what it needs at the bucket and no more: what writes backups can't delete any."""
        return bucket_account(
            name, self._args.namespace, self._args.role_of(name), self._args.after, pulumi.ResourceOptions(parent=self)
        )

    def _spec(self, schedule: Schedule) -> batch.v1.CronJobSpecArgs:
        settings = self._args.settings
        asks_cluster = schedule.account == config_access.ACCOUNT
        server = self._args.archived
        archive = {"WAL_ARCHIVE": archive_url(settings), "WAL_SERVER": server} if server else {}
        pod = OperationPod(
            name=schedule.arguments[0],
            component=schedule.component,
            image=self._args.image,
            pull_secret=self._args.pull_secret,
            arguments=schedule.arguments,
            env={
                **bucket_env(settings),
                "BACKUP_RETENTION_DAYS": str(settings.retention_days),
                **(archive if schedule.has_disk else {}),
                **({"BACKUP_RECIPIENTS": ",".join(settings.config_recipients)} if asks_cluster else {}),
            },
            secret_env={"POSTGRES_URL": self._args.url},
            service_account=schedule.account,
            asks_cluster=asks_cluster,
            disk=Disk(size=settings.scratch, storage_class=settings.scratch_class) if schedule.has_disk else None,
        )
        return batch.v1.CronJobSpecArgs(
            schedule=schedule.at,
            time_zone="Etc/UTC",
            concurrency_policy="Forbid",
            starting_deadline_seconds=3600,
            successful_jobs_history_limit=3,
            failed_jobs_history_limit=3,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=pod.labels()),
                spec=batch.v1.JobSpecArgs(
                    backoff_limit=2, active_deadline_seconds=schedule.deadline_seconds, template=pod.template()
                ),
            ),
        )


def bucket_account(
    name: str,
    namespace: pulumi.Input[str],
    role: str | None,
    after: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> core.v1.ServiceAccount:
    """A ServiceAccount that a bucket knows.

    Args:
        name: its name.
        namespace: where its pods run.
        role: the AWS role that they take; None where the bucket's credentials come otherwise.
        after: what has to be there first.
        opts: whose it is.
    """
    return core.v1.ServiceAccount(
        name,
        metadata=ObjectMetaArgs(
            name=name,
            namespace=namespace,
            labels=conventions.labels("backup"),
            annotations={aws_names.ROLE_ANNOTATION: role} if role else None,
        ),
        automount_service_account_token=False,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(after))),
    )


def bucket_env(settings: BackupPlace) -> Mapping[str, str]:
    """The variables by which `operations` finds the bucket (operations/environment.py)."""
    optional = {
        "BACKUP_PREFIX": settings.prefix,
        "BACKUP_KMS_KEY": settings.kms_key,
        "AWS_ENDPOINT_URL_S3": settings.endpoint,
    }
    return {
        "BACKUP_BUCKET": settings.bucket,
        "AWS_REGION": settings.region,
        "SCRATCH": SCRATCH,
        "TMPDIR": SCRATCH,
        **{name: value for name, value in optional.items() if value},
    }
