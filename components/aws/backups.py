"""Everything that backups need at AWS: the roles of the jobs, the bucket, and its copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import aws_names, conventions
from components.aws.account import Account, provider
from components.aws.backup_grants import READ_ONLY, Place, grants, writing
from components.aws.backup_storage import BackupStorage, BackupStorageArgs
from components.aws.encryption_key import KeyUse
from components.aws.replication import Replication, ReplicationArgs
from components.aws.workload_role import WorkloadRole, WorkloadRoleArgs
from settings.data import Backups

ENCRYPTING = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class AwsBackupsArgs:
    """Which backups.

    Attributes:
        account: where.
        backups: the bucket's name and for how long it keeps backups.
        namespace: of the jobs' service accounts.
        after: what has to be there first: the boundary.
        clusters: names of all database clusters; each archives as a service account of its own name.
    """

    account: Account
    backups: Backups
    namespace: str
    after: Sequence[pulumi.Resource]
    clusters: Sequence[str] = (aws_names.DATABASE,)


class AwsBackups(pulumi.ComponentResource):
    """A role for each job, and the bucket that only these roles use."""

    def __init__(self, name: str, args: AwsBackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:Backups", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        account, backups = args.account, args.backups
        prefix = backups.prefix.strip("/")
        place = Place(
            bucket=backups.bucket,
            prefix=f"{prefix}/" if prefix else "",
            account=account.id,
            region=account.region,
            key_alias=aws_names.key_alias(account.stack, "backups"),
        )
        foundation, slots = grants(place), writing(place)
        roles = [(account.stack, args.namespace, each, statements) for each, statements in foundation.items()]
        recovered = [each for each in args.clusters if each not in foundation]
        roles += [(account.stack, args.namespace, each, foundation[aws_names.DATABASE]) for each in recovered]
        roles += [(slot, conventions.slot_namespace(slot), aws_names.MIGRATION, slots) for slot in conventions.SLOTS]
        for stack, namespace, service_account, statements in roles:
            role = WorkloadRoleArgs(
                account=account,
                stack=stack,
                namespace=namespace,
                service_account=service_account,
                statements=statements,
                after=args.after,
            )
            WorkloadRole(aws_names.role(stack, service_account), role, self._child)
        users = {aws_names.role_arn(account.id, stack, name): name for stack, _, name, _ in roles}
        region = account.settings.backups.replica_region
        source = self._storage("backups", account.region, backups.bucket, self._uses(users, copied=region is not None))
        if region is not None:
            self._replica(source, region)
        self.register_outputs({})

    def _uses(self, users: Mapping[str, str], *, copied: bool) -> Sequence[KeyUse]:
        """The key's users, from role -> service account."""
        account, bucket = self._args.account, self._args.backups.bucket
        reading = [arn for arn, name in users.items() if name in READ_ONLY]
        copying = [aws_names.replication_arn(account.id, account.stack)] if copied else []
        return [
            _use(bucket, "Writing", ENCRYPTING, [arn for arn in users if arn not in reading]),
            _use(bucket, "Reading", ["kms:Decrypt"], [*reading, *copying]),
        ]

    def _storage(self, purpose: str, region: str, bucket: str, uses: Sequence[KeyUse]) -> BackupStorage:
        own = self._child
        if region != self._args.account.region:
            there: aws.Provider = provider(f"aws-{purpose}", self._args.account, region, self._child)
            own = pulumi.ResourceOptions(parent=self, providers=[there])
        return BackupStorage(
            purpose,
            BackupStorageArgs(
                account=self._args.account,
                region=region,
                bucket=bucket,
                purpose=purpose,
                retention_days=self._args.backups.retention_days,
                key_uses=uses,
                logs="access-logs" if purpose == "backups" else f"{purpose}-access-logs",
            ),
            own,
        )

    def _replica(self, source: BackupStorage, region: str) -> None:
        account, bucket = self._args.account, self._args.backups.bucket
        copy = aws_names.replica(bucket)
        copying = [aws_names.replication_arn(account.id, account.stack)]
        uses = [
            _use(copy, "Copying", ["kms:Encrypt", "kms:GenerateDataKey"], copying),
            # A restore from the copy, when the first region is gone.
            _use(copy, "Reading", ["kms:Decrypt"], [aws_names.role_arn(account.id, account.stack, aws_names.RESTORE)]),
        ]
        Replication(
            "replication",
            ReplicationArgs(
                account=account,
                bucket=bucket,
                region=region,
                source=source,
                replica=self._storage("replica", region, copy, uses),
                after=self._args.after,
            ),
            self._child,
        )


def _use(bucket: str, sid: str, actions: Sequence[str], roles: Sequence[str]) -> KeyUse:
    """By way of S3, for that bucket: with bucket keys the context is the bucket, without them the object."""
    arn = aws_names.bucket_arn(bucket)
    return KeyUse(sid=sid, actions=actions, roles=roles, service="s3", context="aws:s3:arn", encrypts=[arn, f"{arn}/*"])
