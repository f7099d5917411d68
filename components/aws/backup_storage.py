"""Where backups are: a locked bucket with its key and its access logs, in one region or in two."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import aws_names
from components.aws.account import Account
from components.aws.bucket import Bucket, BucketArgs, Lock
from components.aws.bucket_rules import (
    SUPERSEDED_DAYS,
    Keeping,
    no_version_deleted,
    own_key_only,
    takes_logs,
)
from components.aws.encryption_key import EncryptionKey, EncryptionKeyArgs, KeyUse


@dataclass(frozen=True, kw_only=True)
class BackupStorageArgs:
    """Which bucket.

    Attributes:
        account: where.
        region: in which region of it.
        bucket: its name.
        purpose: `backups` or `replica`: the last part of its key's alias.
        retention_days: after which `operations prune` deletes a backup (settings' backups.retentionDays).
        key_uses: who uses its key.
        logs: what Pulumi calls the bucket of its access logs.
    """

    account: Account
    region: str
    bucket: str
    purpose: str
    retention_days: int
    key_uses: Sequence[KeyUse]
    logs: str


class BackupStorage(pulumi.ComponentResource):
    """A bucket from which nobody can take a backup before its time.

    Threats: somebody with the account's credentials who deletes the backups before asking for money (the lock, and
    versions that only the lifecycle ends), a job that overwrites (versions), a reader of the bucket (its own key), a
    second AWS key by a header (the policy), parts of broken runs that cost for ever (the lifecycle).

    `operations prune` is what ends a backup, and only when a younger one exists. The lifecycle must not forestall that:
    it ends what was deleted after the retention, and what nobody deleted, such as the objects of a run that died,
    after twice as long.

    Attributes:
        storage: the bucket.
        key: what it is encrypted with.
    """

    def __init__(self, name: str, args: BackupStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:BackupStorage", name, None, opts)
        account, settings = args.account, args.account.settings.backups
        child = pulumi.ResourceOptions(parent=self)
        self.key = EncryptionKey(
            name,
            EncryptionKeyArgs(account=account, region=args.region, purpose=args.purpose, uses=args.key_uses),
            child,
        ).key
        self.storage = Bucket(
            name,
            BucketArgs(
                account=account,
                bucket=args.bucket,
                purpose=args.purpose,
                key=self.key,
                keeping=Keeping(
                    days=2 * args.retention_days,
                    superseded_days=args.retention_days,
                    cold_after_days=settings.cold_after_days,
                ),
                statements=[no_version_deleted(args.bucket), own_key_only(args.bucket)],
                lock=Lock(mode=settings.object_lock.upper(), days=args.retention_days),
            ),
            child,
        )
        self._logged(name, args, child)
        self.register_outputs({})

    def _logged(self, name: str, args: BackupStorageArgs, child: pulumi.ResourceOptions) -> None:
        """Who asked for what; in a bucket of the same region, as S3 delivers nowhere else."""
        account = args.account
        place = aws_names.access_logs(account.stack, account.id, args.region)
        logs = Bucket(
            args.logs,
            BucketArgs(
                account=account,
                bucket=place,
                purpose="access-logs",
                key=None,
                keeping=Keeping(days=account.settings.backups.log_days, superseded_days=SUPERSEDED_DAYS),
                statements=[takes_logs(place, account.id, [args.bucket])],
                lock=None,
            ),
            child,
        )
        aws.s3.BucketLogging(
            f"{name}-logging",
            bucket=self.storage.bucket.bucket,
            target_bucket=logs.bucket.bucket,
            target_prefix=f"{args.bucket}/",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs]),  # its policy lets them in
        )
