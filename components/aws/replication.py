"""The copy of every backup in a second region."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import aws_names
from components.aws.account import Account
from components.aws.backup_storage import BackupStorage
from components.aws.documents import Statement, any_key, document, key_named


@dataclass(frozen=True, kw_only=True)
class ReplicationArgs:
    """From where to where.

    Attributes:
        account: of both.
        bucket: the name of the bucket that is copied.
        region: where the copy is.
        source: what is copied.
        replica: the copy.
        after: what has to be there first: the boundary.
    """

    account: Account
    bucket: str
    region: str
    source: BackupStorage
    replica: BackupStorage
    after: Sequence[pulumi.Resource]


def statements(account: Account, bucket: str, region: str) -> Sequence[Statement]:
    """What S3 may do as the role: read versions there, write copies here, and delete neither."""
    source, replica = aws_names.bucket_arn(bucket), aws_names.bucket_arn(aws_names.replica(bucket))
    reading = ("GetObjectVersionForReplication", "GetObjectVersionAcl", "GetObjectVersionTagging")
    locks = ("GetObjectRetention", "GetObjectLegalHold")
    alias = {purpose: key_named(aws_names.key_alias(account.stack, purpose)) for purpose in ("backups", "replica")}
    return [
        Statement(sid="Source", actions=["s3:GetReplicationConfiguration", "s3:ListBucket"], resources=[source]),
        Statement(sid="Read", actions=[f"s3:{each}" for each in (*reading, *locks)], resources=[f"{source}/*"]),
        Statement(sid="Copy", actions=["s3:ReplicateObject", "s3:ReplicateTags"], resources=[f"{replica}/*"]),
        Statement(
            sid="SourceKey",
            actions=["kms:Decrypt"],
            resources=[any_key(account.region, account.id)],
            tests=alias["backups"],
        ),
        Statement(
            sid="ReplicaKey",
            actions=["kms:Encrypt", "kms:GenerateDataKey"],
            resources=[any_key(region, account.id)],
            tests=alias["replica"],
        ),
    ]


class Replication(pulumi.ComponentResource):
    """Every new object is copied, deletions are not: what is deleted here, by whomever, stays there.

    Guards against the loss of a region, and of the first bucket. The copy has a key and a lock of its own, and its own
    lifecycle ends it.
    """

    def __init__(self, name: str, args: ReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:Replication", name, None, opts)
        role = self._role(name, args)
        replica = args.replica.storage
        encrypted = aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
            status="Enabled"
        )
        aws.s3.BucketReplicationConfig(
            name,
            bucket=args.source.storage.bucket.bucket,
            role=role.arn,
            rules=[
                aws.s3.BucketReplicationConfigRuleArgs(
                    id="every-backup",
                    status="Enabled",
                    priority=0,
                    filter=aws.s3.BucketReplicationConfigRuleFilterArgs(prefix=""),
                    delete_marker_replication=aws.s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
                        status="Disabled"
                    ),
                    source_selection_criteria=aws.s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
                        sse_kms_encrypted_objects=encrypted
                    ),
                    destination=aws.s3.BucketReplicationConfigRuleDestinationArgs(
                        bucket=replica.bucket.arn,
                        encryption_configuration=aws.s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                            replica_kms_key_id=args.replica.key.arn
                        ),
                    ),
                )
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.source.storage.versioning, replica.versioning]),
        )
        self.register_outputs({})

    def _role(self, name: str, args: ReplicationArgs) -> aws.iam.Role:
        account, own = args.account, aws_names.replication(args.account.stack)
        trust = Statement(
            sid="S3ForThisBucket",
            actions=["sts:AssumeRole"],
            principals={"Service": "s3.amazonaws.com"},
            tests={
                "StringEquals": {"aws:SourceAccount": account.id},
                "ArnEquals": {"aws:SourceArn": aws_names.bucket_arn(args.bucket)},
            },
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=own,
            description=f"S3, for copying {args.bucket}",
            assume_role_policy=document([trust]),
            permissions_boundary=account.boundary,
            tags=account.tags("replica"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        aws.iam.RolePolicy(
            f"{name}-policy",
            name=own,
            role=role.name,
            policy=document(statements(account, args.bucket, args.region)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role
