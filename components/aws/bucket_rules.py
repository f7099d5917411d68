"""What a bucket's own policy and lifecycle say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi_aws as aws

from components import aws_names
from components.aws.documents import EVERYBODY, Statement

ABORT_AFTER_DAYS: Final = 7
"""Parts of uploads that nobody finished; the longest job takes hours."""
COLD_CLASS: Final = "GLACIER_IR"
"""A sixth of the price, and read at once: from the colder ones a restore would wait for hours, beyond the RTO."""
SUPERSEDED_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """For how long a bucket keeps what.

    Attributes:
        days: after which what nobody deleted goes.
        superseded_days: after which a version goes that was deleted or overwritten.
        cold_after_days: after which an object is stored colder; None is never.
    """

    days: int
    superseded_days: int
    cold_after_days: int | None = None

    def rules(self) -> Sequence[aws.s3.BucketLifecycleConfigurationRuleArgs]:
        """As a lifecycle."""
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs
        every = aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
        cold = self.cold_after_days
        return [
            rule(
                id="unfinished-uploads",
                status="Enabled",
                filter=every,
                abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=ABORT_AFTER_DAYS
                ),
            ),
            rule(
                id="keep",
                status="Enabled",
                filter=every,
                transitions=[aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(days=cold, storage_class=COLD_CLASS)]
                if cold is not None
                else None,
                expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=self.days),
                noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=self.superseded_days
                ),
            ),
        ]


def only_tls(bucket: str) -> Statement:
    """Nothing over plain HTTP, to which S3 answers as well."""
    return _deny("OnlyTls", ["s3:*"], bucket, {"Bool": {"aws:SecureTransport": "false"}})


def no_version_deleted(bucket: str) -> Statement:
    """Versions go by the lifecycle alone. Who deploys can take this off, which shows in a review and in CloudTrail."""
    return _deny("VersionsGoByLifecycle", ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"], bucket)


def own_key_only(bucket: str) -> Statement:
    """No object that names an encryption: without one S3 takes the bucket's key, with one whatever is named."""
    header = {"Null": {"s3:x-amz-server-side-encryption": "false"}}
    return _deny("BucketsOwnKey", ["s3:PutObject"], bucket, header)


def takes_logs(bucket: str, account: str, sources: Sequence[str]) -> Statement:
    """S3's own log delivery may write, for some buckets of this account."""
    return Statement(
        sid="AccessLogs",
        actions=["s3:PutObject"],
        resources=[f"{aws_names.bucket_arn(bucket)}/*"],
        principals={"Service": "logging.s3.amazonaws.com"},
        tests={
            "StringEquals": {"aws:SourceAccount": account},
            "ArnEquals": {"aws:SourceArn": [aws_names.bucket_arn(each) for each in sources]},
        },
    )


def _deny(
    sid: str, actions: Sequence[str], bucket: str, tests: Mapping[str, Mapping[str, str]] | None = None
) -> Statement:
    arn = aws_names.bucket_arn(bucket)
    objects = [f"{arn}/*"]
    return Statement(
        sid=sid,
        actions=actions,
        resources=[arn, *objects] if "s3:*" in actions else objects,
        tests=tests or {},
        principals=EVERYBODY,
        effect="Deny",
    )
