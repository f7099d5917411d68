"""The clusters' provider, and AWS beside the real foundation: one thing broken for each rule of the area."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.aws_breaking import broken
from tests.policies.aws_stack import ACCOUNT, ROLE_ARN, TYPES, allow, declared, document
from tests.policies.judging import Ignoring, resource
from tests.policies.mutation import Change, Mutant, both, edit, options

_STACK: Final = "production"


def _aws(changes: dict[str, Properties | None], *more: Resource) -> Change:
    return lambda before: (*before, *declared(changes, known=False), *more)


def _broken(name: str, *path: str | int, value: Value) -> Change:
    return _aws(broken(name, path, value, known=False))


def _granting(actions: Value, resources: Value) -> Change:
    return _broken("inline", "policy", value=json.dumps(document(allow(actions, resources))))


def _trusting(key: str, value: Value) -> Change:
    return _broken("role", "assumeRolePolicy", "Statement", 0, key, value=value)


def _ignoring(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
    return tuple(
        Ignoring(**vars(each), ignore_changes=("policy",)) if each.type == TYPES["key"] else each for each in before
    )


def _mutant(rule: str, change: Change, *also: str) -> Mutant:
    return Mutant(rule=rule, stack=_STACK, change=change, also=also)


_STATEMENT: Final = ("policy", "Statement", 0)
_ENCRYPTION: Final = ("rules", 0, "applyServerSideEncryptionByDefault")
_BUCKETS: Final[Sequence[Mutant]] = (
    _mutant("s3-public-access-blocked", _aws({"backups-block": None})),
    _mutant("s3-public-access-blocked", _broken("logs-block", "blockPublicPolicy", value=False)),
    _mutant("s3-own-key", _aws({"backups-encryption": None})),
    _mutant("s3-own-key", _broken("backups-encryption", *_ENCRYPTION, "sseAlgorithm", value="AES256")),
    _mutant("s3-own-key", _aws({"backups-logging": None})),
    _mutant("s3-versioned", _broken("backups-versioning", "versioningConfiguration", "status", value="Suspended")),
    _mutant("s3-acls-disabled", _broken("backups-ownership", "rule", "objectOwnership", value="ObjectWriter")),
    _mutant("s3-settings-apart", _broken("logs", "logging", value={"targetBucket": "x"})),
    _mutant("s3-tls-only", _broken("logs-policy", *_STATEMENT, "Action", value="s3:GetObject")),
    _mutant("s3-tls-only", _aws({"logs-policy": None})),
    _mutant("s3-lifecycle", _aws({"logs-lifecycle": None})),
    _mutant("s3-retention-at-least-30-days", _broken("backups-lifecycle", "rules", 0, "expiration", "days", value=7.0)),
    _mutant("s3-backups-locked", _aws({"backups-lock": None})),
    _mutant("s3-backups-locked", _broken("backups", "objectLockEnabled", value=False)),
    _mutant(
        "s3-replica-declared",
        _broken("backups-replication", "rules", 0, "destination", "bucket", value="arn:aws:s3:::elsewhere"),
    ),
)
_KEYS: Final[Sequence[Mutant]] = (
    _mutant("kms-key-kept", _broken("key", "enableKeyRotation", value=False)),
    _mutant("kms-key-kept", _broken("key", "deletionWindowInDays", value=UNKNOWN)),
    _mutant("kms-key-policy", _broken("key", "policy", value=None)),
    _mutant("aws-policy-closed", _broken("key", "policy", "Statement", 1, "Principal", value={"AWS": "*"})),
    _mutant("aws-policy-no-lock-out", _broken("logs-policy", *_STATEMENT, "Condition", value=None), "s3-tls-only"),
    _mutant("secretsmanager-own-key", _broken("secret", "kmsKeyId", value="alias/aws/secretsmanager")),
    _mutant("secretsmanager-recoverable", _broken("secret", "recoveryWindowInDays", value=0.0)),
    _mutant("secretsmanager-rotated", _broken("secret", "tags", value={})),
    _mutant("secrets-from-pulumi-secrets", _broken("secret-version", "secretString", value="hunter2")),
    _mutant("acm-dns-validated", _broken("certificate", "validationMethod", value="EMAIL")),
    _mutant(
        "route53-no-dangling-record",
        lambda before: tuple(
            replace(each, property_dependencies={}) if each.type == TYPES["record"] else each
            for each in _aws({})(before)
        ),
    ),
    _mutant("aws-data-protected", both(_aws({}), options(TYPES["key"], "", protect=False))),
    _mutant("aws-never-force-destroyed", _broken("backups", "forceDestroy", value=True)),
    _mutant("aws-no-ignored-changes", both(_aws({}), _ignoring)),
)
_IAM: Final[Sequence[Mutant]] = (
    _mutant(
        "iam-no-wildcard-action",
        _granting("s3:*", "arn:aws:s3:::stratmaster-backups"),
        "iam-no-permission-management",  # among a service's actions are those that open it
    ),
    _mutant("iam-no-wildcard-resource", _granting("s3:PutObject", "*")),
    _mutant("iam-no-privilege-escalation", _granting("iam:UpdateAssumeRolePolicy", ROLE_ARN)),
    _mutant("iam-pass-role-constrained", _granting("iam:PassRole", ROLE_ARN)),
    _mutant("iam-no-credentials-exposure", _granting("sts:AssumeRole", "*"), "iam-no-wildcard-resource"),
    _mutant("iam-no-data-exfiltration", _granting("s3:GetObject", "arn:aws:s3:::*"), "iam-no-wildcard-resource"),
    _mutant("iam-no-permission-management", _granting("s3:PutBucketPolicy", "arn:aws:s3:::stratmaster-backups")),
    _mutant("iam-trust-narrow", _trusting("Principal", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
    _mutant("iam-oidc-exact-subject", _trusting("Condition", {"StringLike": {"x:sub": "system:serviceaccount:*"}})),
    _mutant(
        "iam-attached-policy-declared",
        _broken("attachment", "policyArn", value="arn:aws:iam::aws:policy/AdministratorAccess"),
    ),
    _mutant("iam-permissions-boundary", _broken("role", "permissionsBoundary", value=None)),
    _mutant(
        "iam-no-user",
        lambda before: (
            *_aws({})(before),
            replace(resource("aws:iam/user:User"), provider=_aws({})(())[1].provider),
        ),
    ),
)
_PROVIDERS: Final[Sequence[Mutant]] = (
    Mutant(
        rule="provider-pinned-cluster",
        stack="blue",
        change=edit("pulumi:providers:kubernetes", "", "clusterIdentifier", None),
    ),
    Mutant(
        rule="provider-pinned-cluster",
        stack="traffic",
        change=options("kubernetes:core/v1:Service", "", provider=""),
    ),
    _mutant("provider-pinned-account", both(_aws({}), edit("pulumi:providers:aws", "", "allowedAccountIds", "[]"))),
    _mutant("provider-no-static-keys", both(_aws({}), edit("pulumi:providers:aws", "", "accessKey", "AKIA"))),
)

MUTANTS: Final[tuple[Mutant, ...]] = (*_BUCKETS, *_KEYS, *_IAM, *_PROVIDERS)
