"""The permissions boundary: the most that any role of the stack can do, whatever its own policy says."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import aws_names, conventions
from components.aws.account import Account
from components.aws.documents import Statement, any_key, document, key_named


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs:
    """What roles are bounded to.

    Attributes:
        account: where.
        bucket: the backups' bucket, None where there is none.
        entries: whether there are entries of Secrets Manager.
    """

    account: Account
    bucket: str | None
    entries: bool


class Boundary(pulumi.ComponentResource):
    """A policy that gives nothing by itself. It guards against a role's policy that is widened by mistake.

    Nothing in it deletes a version, changes who may do what, or reaches beyond this stack's bucket, keys and entries.
    """

    def __init__(self, name: str, args: BoundaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:Boundary", name, None, opts)
        aws.iam.Policy(
            name,
            name=aws_names.boundary(args.account.stack),
            description="The most that a role of this stack can do",
            policy=document([*_storage(args), *_entries(args)]),
            tags=args.account.tags("boundary"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _storage(args: BoundaryArgs) -> Sequence[Statement]:
    account = args.account
    if args.bucket is None:
        return []
    region = account.settings.backups.replica_region
    buckets = [aws_names.bucket_arn(args.bucket)]
    keys = {account.region: "backups"}
    copying: list[str] = []
    if region is not None:
        buckets.append(aws_names.bucket_arn(aws_names.replica(args.bucket)))
        keys[region] = "replica"
        copying = [
            "s3:GetObjectLegalHold",
            "s3:GetObjectRetention",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTagging",
            "s3:ReplicateObject",
            "s3:ReplicateTags",
        ]
    objects = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject", *copying]
    about = ["s3:ListBucket", *(["s3:GetReplicationConfiguration"] if copying else [])]
    return [
        Statement(sid="Backups", actions=objects, resources=[f"{each}/*" for each in buckets]),
        Statement(sid="Buckets", actions=about, resources=buckets),
        Statement(
            sid="BackupKeys",
            actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            resources=[any_key(each, account.id) for each in keys],
            tests=key_named([aws_names.key_alias(account.stack, purpose) for purpose in keys.values()]),
        ),
    ]


def _entries(args: BoundaryArgs) -> Sequence[Statement]:
    account = args.account
    if not args.entries:
        return []
    return [
        Statement(
            sid="Entries",
            actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            resources=[aws_names.entry_arn(account.id, account.region, f"{conventions.PROJECT}/*")],
        ),
        Statement(
            sid="EntriesKey",
            actions=["kms:Decrypt"],
            resources=[any_key(account.region, account.id)],
            tests=key_named(aws_names.key_alias(account.stack, "secrets")),
        ),
    ]
