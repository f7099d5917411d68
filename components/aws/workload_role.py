"""A role for one service account of the cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import aws_names
from components.aws.account import Account
from components.aws.documents import Statement, document


@dataclass(frozen=True, kw_only=True)
class WorkloadRoleArgs:
    """Whose role, and what for.

    Attributes:
        account: where.
        stack: the stack in whose namespace the service account is.
        namespace: that namespace.
        service_account: its name.
        statements: what it may do.
        after: what has to be there first: the boundary.
    """

    account: Account
    stack: str
    namespace: str
    service_account: str
    statements: Sequence[Statement]
    after: Sequence[pulumi.Resource]


class WorkloadRole(pulumi.ComponentResource):
    """A role that pods of one service account take on with the cluster's own token (IRSA): there is no key to steal.

    The token's subject and audience are compared whole. Without the subject every pod of the cluster would get the
    role; without the audience a token that was meant for somebody else would open it. The boundary holds even if the
    policy is widened by mistake.
    """

    def __init__(self, name: str, args: WorkloadRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:WorkloadRole", name, None, opts)
        account, own = args.account, aws_names.role(args.stack, args.service_account)
        role = aws.iam.Role(
            f"{name}-role",
            name=own,
            description=f"Pods of {args.namespace}/{args.service_account}",
            assume_role_policy=document([_trust(args)]),
            permissions_boundary=account.boundary,
            tags=account.tags(args.service_account),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        aws.iam.RolePolicy(
            f"{name}-policy",
            name=own,
            role=role.name,
            policy=document(args.statements),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.register_outputs({})


def _trust(args: WorkloadRoleArgs) -> Statement:
    issuer = args.account.settings.oidc_issuer
    return Statement(
        sid="ThisServiceAccount",
        actions=["sts:AssumeRoleWithWebIdentity"],
        principals={"Federated": f"arn:aws:iam::{args.account.id}:oidc-provider/{issuer}"},
        tests={
            "StringEquals": {
                f"{issuer}:aud": aws_names.AUDIENCE,
                f"{issuer}:sub": f"system:serviceaccount:{args.namespace}:{args.service_account}",
            }
        },
    )
