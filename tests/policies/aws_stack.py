"""A stack at AWS that every rule accepts, smaller than the program's own; and the ways to break one thing in it.

At a first preview ids and ARNs of what isn't there yet are unknown, and only the dependencies say what belongs to what;
later they are known. Both forms have to pass, and each break has to be refused in both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import resource

ACCOUNT: Final = "123456789012"
ISSUER: Final = "oidc.eks.eu-central-1.amazonaws.com/id/0A1B2C"
_PROVIDER: Final = resource(
    "pulumi:providers:aws",
    inputs={"region": "eu-central-1", "allowedAccountIds": f'["{ACCOUNT}"]'},
    name="aws",
)

TYPES: Final = {
    "backups": "aws:s3/bucket:Bucket",
    "backups-block": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "backups-encryption": "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "backups-versioning": "aws:s3/bucketVersioning:BucketVersioning",
    "backups-lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "backups-lock": "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "backups-ownership": "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "backups-policy": "aws:s3/bucketPolicy:BucketPolicy",
    "backups-logging": "aws:s3/bucketLogging:BucketLogging",
    "backups-replication": "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
    "logs": "aws:s3/bucket:Bucket",
    "logs-block": "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "logs-encryption": "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "logs-versioning": "aws:s3/bucketVersioning:BucketVersioning",
    "logs-lifecycle": "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "logs-policy": "aws:s3/bucketPolicy:BucketPolicy",
    "key": "aws:kms/key:Key",
    "boundary": "aws:iam/policy:Policy",
    "backup-policy": "aws:iam/policy:Policy",
    "role": "aws:iam/role:Role",
    "attachment": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "inline": "aws:iam/rolePolicy:RolePolicy",
    "secret": "aws:secretsmanager/secret:Secret",
    "secret-version": "aws:secretsmanager/secretVersion:SecretVersion",
    "secret-policy": "aws:secretsmanager/secretPolicy:SecretPolicy",
    "certificate": "aws:acm/certificate:Certificate",
    "zone": "aws:route53/zone:Zone",
    "record": "aws:route53/record:Record",
}
_NAMES: Final = {"backups": "stratmaster-backups", "logs": "stratmaster-logs"}


def arn(service: str, name: str) -> str:
    """An ARN of the account."""
    place = "::" if service in {"iam", "s3"} else f":eu-central-1:{ACCOUNT}"
    return f"arn:aws:{service}{place}{'' if service == 's3' else ACCOUNT if service == 'iam' else ''}:{name}"


def allow(actions: Value, resources: Value, **more: Value) -> dict[str, Value]:
    """A statement that allows something."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def document(*statements: Value) -> dict[str, Value]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _only_tls(bucket: str) -> dict[str, Value]:
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


ROLE_ARN: Final = f"arn:aws:iam::{ACCOUNT}:role/stratmaster-backup"
TRUST: Final = document(
    {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{ISSUER}:aud": "sts.amazonaws.com",
                f"{ISSUER}:sub": "system:serviceaccount:stratmaster-production:backup",
            }
        },
    }
)
_KEY_POLICY: Final = document(
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
    {"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": ["kms:GenerateDataKey"], "Resource": "*"},
)
BACKUP_POLICY: Final = document(
    allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::stratmaster-backups/*"),
    allow("s3:ListBucket", ["arn:aws:s3:::stratmaster-backups"]),
    allow(
        "kms:Decrypt",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/*",
        Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/stratmaster-backups"}},
    ),
    allow("sts:GetCallerIdentity", "*"),
)
_BLOCK: Final[Properties] = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}
_LIFECYCLE: Final[Properties] = {
    "rules": [
        {
            "id": "keep",
            "status": "Enabled",
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7.0},
            "expiration": {"days": 30.0},
            "noncurrentVersionExpiration": {"noncurrentDays": 30.0},
        }
    ]
}


def _encryption(algorithm: str, key: Value) -> Properties:
    return {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}]}


def inputs(*, known: bool) -> dict[str, Properties]:
    """The inputs of each resource by its name; of a first preview unless `known`."""
    backups, logs = (_NAMES[name] if known else UNKNOWN for name in ("backups", "logs"))
    key: Value = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a1b" if known else UNKNOWN
    return {
        "backups": {"bucket": _NAMES["backups"], "objectLockEnabled": True, "forceDestroy": False},
        "backups-block": {"bucket": backups, **_BLOCK},
        "backups-encryption": {"bucket": backups, **_encryption("aws:kms", key)},
        "backups-versioning": {"bucket": backups, "versioningConfiguration": {"status": "Enabled"}},
        "backups-lifecycle": {"bucket": backups, **_LIFECYCLE},
        "backups-lock": {"bucket": backups, "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30.0}}},
        "backups-ownership": {"bucket": backups, "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        "backups-policy": {"bucket": backups, "policy": json.dumps(document(_only_tls(_NAMES["backups"])))},
        "backups-logging": {"bucket": backups, "targetBucket": logs, "targetPrefix": "backups/"},
        "backups-replication": {
            "bucket": backups,
            "role": ROLE_ARN,
            "rules": [{"destination": {"bucket": f"arn:aws:s3:::{_NAMES['logs']}" if known else UNKNOWN}}],
        },
        "logs": {"bucket": _NAMES["logs"], "tags": {"purpose": "access logs"}},
        "logs-block": {"bucket": logs, **_BLOCK},
        "logs-encryption": {"bucket": logs, **_encryption("AES256", None)},
        "logs-versioning": {"bucket": logs, "versioningConfiguration": {"status": "Enabled"}},
        "logs-lifecycle": {"bucket": logs, **_LIFECYCLE},
        "logs-policy": {"bucket": logs, "policy": document(_only_tls(_NAMES["logs"]))},
        "key": {
            "enableKeyRotation": True,
            "deletionWindowInDays": 30.0,
            "policy": json.dumps(_KEY_POLICY),
        },
        "boundary": {"name": "boundary", "policy": json.dumps(BACKUP_POLICY)},
        "backup-policy": {"name": "backup", "policy": json.dumps(BACKUP_POLICY)},
        "role": {
            "name": "stratmaster-backup",
            "assumeRolePolicy": json.dumps(TRUST),
            "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary" if known else UNKNOWN,
        },
        "attachment": {
            "role": "stratmaster-backup",
            "policyArn": f"arn:aws:iam::{ACCOUNT}:policy/backup" if known else UNKNOWN,
        },
        "inline": {"role": "stratmaster-backup", "policy": json.dumps(BACKUP_POLICY)},
        "secret": {"name": "stratmaster/redis", "kmsKeyId": key, "tags": {"stratmaster:rotate-after-days": "90"}},
        "secret-version": {"secretId": "stratmaster/redis" if known else UNKNOWN, "secretString": Secret("hunter2")},
        "secret-policy": {
            "secretArn": "x" if known else UNKNOWN,
            "blockPublicPolicy": True,
            "policy": document(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": ROLE_ARN},
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",
                }
            ),
        },
        "certificate": {"domainName": "api.stratmaster.com", "validationMethod": "DNS"},
        "zone": {"name": "stratmaster.com"},
        "record": {"name": "api", "type": "CNAME", "records": ["x" if known else UNKNOWN], "zoneId": "Z1"},
    }


_DEPENDS: Final[dict[str, dict[str, Sequence[str]]]] = {
    "backups-encryption": {"rules": ["key"]},
    "backups-logging": {"targetBucket": ["logs"]},
    "backups-replication": {"rules": ["logs"]},
    "role": {"permissionsBoundary": ["boundary"]},
    "attachment": {"policyArn": ["backup-policy"], "role": ["role"]},
    "secret": {"kmsKeyId": ["key"]},
    "secret-version": {"secretId": ["secret"]},
    "secret-policy": {"secretArn": ["secret"]},
    "record": {"records": ["certificate"]},
}
PROTECTED: Final = ("backups", "logs", "key", "secret", "zone")


def declared(changes: Mapping[str, Properties | None] | None = None, *, known: bool) -> list[Resource]:
    """The stack, with other inputs for some of its resources, or without them (None), or with more."""
    own = {**inputs(known=known), **(changes or {})}
    made: list[Resource] = []
    for name, properties in own.items():
        if properties is None:
            continue
        bucket = name.partition("-")[0]
        depends = {"bucket": [bucket]} if bucket in _NAMES and name != bucket else {}
        urns = {
            key: [resource(TYPES[each], name=each).urn for each in names]
            for key, names in {**depends, **_DEPENDS.get(name, {})}.items()
        }
        type_ = TYPES[name]
        each = resource(type_, inputs=properties, name=name, dependencies=urns, protect=name in PROTECTED)
        made.append(replace(each, provider=f"{_PROVIDER.urn}::1"))
    return [_PROVIDER, *made]
