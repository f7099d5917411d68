"""A KMS key of one's own, with the shortest policy that works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components import aws_names
from components.aws.account import Account
from components.aws.documents import Statement, Tests, document, root

ADMINISTRATION: Final = tuple(
    f"kms:{action}"
    for action in (
        "CancelKeyDeletion",
        "CreateAlias",
        "DeleteAlias",
        "DescribeKey",
        "DisableKey",
        "EnableKey",
        "EnableKeyRotation",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "ListGrants",
        "ListKeyPolicies",
        "ListResourceTags",
        "PutKeyPolicy",
        "RevokeGrant",
        "ScheduleKeyDeletion",
        "TagResource",
        "UntagResource",
        "UpdateAlias",
        "UpdateKeyDescription",
    )
)
"""What looks after a key. No part of it encrypts or decrypts, nor hands that on by a grant."""


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """What some roles do with a key, by way of one service of AWS and never by hand.

    Attributes:
        sid: what for.
        actions: of KMS.
        roles: their ARNs.
        service: `s3` or `secretsmanager`.
        context: the encryption context's key that says what is encrypted.
        encrypts: the ARNs that it may be.
    """

    sid: str
    actions: Sequence[str]
    roles: Sequence[str]
    service: str
    context: str
    encrypts: Sequence[str]

    def statement(self, account: str, region: str) -> Statement:
        """The key policy's statement.

        The roles stand in a test, not as principals: a principal is kept as the role's inner id, so that a role made
        anew would be locked out, and has to be there first. IAM has to allow it to the role as well.
        """
        tests: Tests = {
            "ArnEquals": {"aws:PrincipalArn": list(self.roles)},
            "StringEquals": {"kms:ViaService": f"{self.service}.{region}.amazonaws.com"},
            "StringLike": {f"kms:EncryptionContext:{self.context}": list(self.encrypts)},
        }
        return Statement(sid=self.sid, actions=self.actions, resources=["*"], tests=tests, principals=root(account))


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """Whose key.

    Attributes:
        account: where.
        region: of the key.
        purpose: the last part of its alias, and its tag.
        uses: who uses it, and for what; nobody else does.
    """

    account: Account
    region: str
    purpose: str
    uses: Sequence[KeyUse]


class EncryptionKey(pulumi.ComponentResource):
    """A key that turns every year, with an alias by which policies know it before it is made.

    Guards against AWS' own keys, which open to whoever may read the bucket or the entry. The account's administrators
    can look after this one but not decrypt with it: for that they would have to change its policy, which CloudTrail
    shows. It takes 30 days to delete, since what it encrypted goes with it.

    Attributes:
        key: the key.
    """

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:EncryptionKey", name, None, opts)
        account = args.account
        administration = Statement(
            sid="Administration", actions=ADMINISTRATION, resources=["*"], principals=root(account.id)
        )
        uses = [use.statement(account.id, args.region) for use in args.uses]
        self.key = aws.kms.Key(
            f"{name}-key",
            description=f"StratMaster, stack {account.stack}: {args.purpose}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=document([administration, *uses]),
            tags=account.tags(args.purpose),
            opts=pulumi.ResourceOptions(parent=self, protect=account.protect),
        )
        aws.kms.Alias(
            f"{name}-alias",
            name=aws_names.key_alias(account.stack, args.purpose),
            target_key_id=self.key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
