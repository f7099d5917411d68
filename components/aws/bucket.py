"""A bucket with all that keeps it closed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.account import Account
from components.aws.bucket_rules import Keeping, only_tls
from components.aws.documents import Statement, document


@dataclass(frozen=True, kw_only=True)
class Lock:
    """What keeps versions from being deleted.

    Attributes:
        mode: GOVERNANCE, which a permission that nobody here has can end early; COMPLIANCE, which nothing can.
        days: from when a version was written.
    """

    mode: str
    days: int


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Which bucket.

    Attributes:
        account: where.
        bucket: its name.
        purpose: its tag.
        key: the key that it is encrypted with; None is S3's own, which access logs have to have.
        keeping: for how long it keeps what.
        statements: of its policy, beside the one about TLS.
        lock: None locks nothing.
    """

    account: Account
    bucket: str
    purpose: str
    key: aws.kms.Key | None
    keeping: Keeping
    statements: Sequence[Statement]
    lock: Lock | None


class Bucket(pulumi.ComponentResource):
    """A bucket that is private, versioned and encrypted, answers over TLS alone, and forgets after a time.

    Each setting is a resource of its own, as pulumi-aws 7 wants it. There are no ACLs. It is never emptied by force:
    that AWS refuses to delete a bucket with something in it is the last thing between a slip and the backups.

    Attributes:
        bucket: the bucket.
        versioning: its versioning, which replication has to wait for.
    """

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:Bucket", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            name,
            bucket=args.bucket,
            object_lock_enabled=args.lock is not None,
            tags=args.account.tags(args.purpose),
            opts=pulumi.ResourceOptions(parent=self, protect=args.account.protect),
        )
        self._closed()
        self.versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            bucket=self.bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=self.bucket.bucket,
            rules=args.keeping.rules(),
            opts=self._after_versioning(),
        )
        if args.lock is not None:
            self._lock(args.lock)
        self.register_outputs({})

    def _after_versioning(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=[self.versioning])

    def _closed(self) -> None:
        name, bucket, key = self._name, self.bucket.bucket, self._args.key
        block = aws.s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            bucket=bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._child,
        )
        default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=None if key is None else key.arn
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=default, bucket_key_enabled=key is not None
                )
            ],
            opts=self._child,
        )
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket,
            policy=document([only_tls(self._args.bucket), *self._args.statements]),
            # S3 refuses two changes of who may read a bucket at one time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )

    def _lock(self, lock: Lock) -> None:
        retention = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(mode=lock.mode, days=lock.days)
        aws.s3.BucketObjectLockConfiguration(
            f"{self._name}-lock",
            bucket=self.bucket.bucket,
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=retention),
            opts=self._after_versioning(),
        )
