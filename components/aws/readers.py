"""The roles as which External Secrets reads entries, one for each stack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components import aws_names, conventions
from components.aws.account import Account
from components.aws.documents import Statement, any_key, key_named
from components.aws.workload_role import WorkloadRole, WorkloadRoleArgs
from components.secret_catalogue import SecretSpec


@dataclass(frozen=True, kw_only=True)
class ReadersArgs:
    """Who reads what.

    Attributes:
        account: where.
        of_stack: stack -> its secrets.
        after: what has to be there first: the boundary.
    """

    account: Account
    of_stack: Mapping[str, Sequence[SecretSpec]]
    after: Sequence[pulumi.Resource]


def reading(account: Account, stack: str, secrets: Sequence[SecretSpec]) -> Sequence[Statement]:
    """What a stack's reader may do: read its own entries, each by its name."""
    entries = [aws_names.entry(stack, spec.name) for spec in secrets if spec.stored]
    return [
        Statement(
            sid="OwnEntries",
            actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            resources=[aws_names.entry_arn(account.id, account.region, entry) for entry in entries],
        ),
        Statement(
            sid="Key",
            actions=["kms:Decrypt"],
            resources=[any_key(account.region, account.id)],
            tests=key_named(aws_names.key_alias(account.stack, "secrets")),
        ),
    ]


class Readers(pulumi.ComponentResource):
    """A role for the reader of each stack, in that stack's namespace: a slot that is taken over reads its own secrets.

    The operator itself has no role: it takes on the reader's by that service account's token, and so can't be talked
    into reading another stack's entries by whoever may write ExternalSecrets there.
    """

    def __init__(self, name: str, args: ReadersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:Readers", name, None, opts)
        for stack, secrets in args.of_stack.items():
            foundation = stack == args.account.stack
            namespace = conventions.PRODUCTION_NAMESPACE if foundation else conventions.slot_namespace(stack)
            role = WorkloadRoleArgs(
                account=args.account,
                stack=stack,
                namespace=namespace,
                service_account=aws_names.SECRETS_READER,
                statements=reading(args.account, stack, secrets),
                after=args.after,
            )
            WorkloadRole(aws_names.role(stack, aws_names.SECRETS_READER), role, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
