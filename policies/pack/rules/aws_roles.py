"""Roles and what is attached to them: declared here, bounded, and no user with a key beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.joins import made_from
from ..model.record import Rule, StackRule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.stack import Stack
from ..model.values import Field, Finding, Opaque, must

_ROLE: Final = "aws:iam/role:Role"
_POLICY: Final = "aws:iam/policy:Policy"
_ATTACHING: Final = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    _ROLE: "managedPolicyArns",
}
_USERS: Final = frozenset(
    {
        "aws:iam/user:User",
        "aws:iam/accessKey:AccessKey",
        "aws:iam/userLoginProfile:UserLoginProfile",
        "aws:iam/userPolicy:UserPolicy",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
        "aws:iam/sshKey:SshKey",
        "aws:iam/signingCertificate:SigningCertificate",
    }
)


def _attached(stack: Stack) -> Iterator[Finding]:
    for part in stack.of_type(*_ATTACHING):
        key = _ATTACHING[part.type]
        field = part.root.child(key)
        for arn in field.children() if isinstance(field.value, list) else (field,):
            yield from _declared(stack, part, key, arn)


def _declared(stack: Stack, part: Resource, key: str, arn: Field) -> Iterator[Finding]:
    if arn.value is None:
        return
    if arn.value is Opaque.UNKNOWN and made_from(stack, part, key, _POLICY):
        return
    names = [each.root.child("name").value for each in stack.of_type(_POLICY)]
    yield from must(
        arn,
        lambda value: isinstance(value, str) and ":iam::aws:" not in value and value.rsplit("/", 1)[-1] in names,
        "is no policy of this stack, so that nobody here sees what it allows",
    )


def _bounded(stack: Stack) -> Iterator[Finding]:
    for role in stack.of_type(_ROLE):
        boundary = role.root.child("permissionsBoundary")
        if boundary.value is Opaque.UNKNOWN and made_from(stack, role, "permissionsBoundary", _POLICY):
            continue
        yield from must(
            boundary,
            lambda value: isinstance(value, str) and ":policy/" in value and ":iam::aws:" not in value,
            "is missing, or AWS' own",
        )


def _no_user(resource: Resource) -> Iterator[Finding]:
    yield resource.root.finding("is a user, or something only users have")


ATTACHED: Final = StackRule(
    id="iam-attached-policy-declared",
    title="Only policies of this stack are attached",
    severity="critical",
    frameworks=("CKV_AWS_274", "CKV_AWS_275", "CKV2_AWS_56"),
    why="AWS' own policies are wide, and AWS changes them; another team's may become AdministratorAccess any day.",
    mend="Declare an aws.iam.Policy with the actions that are needed, and attach its ARN.",
    check=_attached,
)
BOUNDED: Final = StackRule(
    id="iam-permissions-boundary",
    title="Every role has a permissions boundary",
    severity="high",
    frameworks=("CKV_AWS_273",),
    why="A boundary holds even where a policy of the role is widened by mistake.",
    mend="Set permissions_boundary to a policy of your own.",
    check=_bounded,
)
NO_USER: Final = Rule(
    id="iam-no-user",
    title="There is no IAM user and no access key",
    severity="high",
    frameworks=("CKV_AWS_40", "CKV_AWS_273", "CKV_AWS_348"),
    why="A user's key works from everywhere, for good, for whoever has found it.",
    mend="Give the workload's service account a role (IRSA), people SSO, CI a role by OIDC.",
    check=per(resources(*_USERS), _no_user),
)

RULES: Final = (ATTACHED, BOUNDED, NO_USER)
