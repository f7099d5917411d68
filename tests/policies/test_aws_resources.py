"""Buckets, keys, secrets, names and roles at AWS: one thing broken in a stack that every rule accepts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.aws_stack import ACCOUNT, ROLE_ARN, TYPES, allow, broken, declared, document, inputs, said
from tests.policies.judging import Ignoring, Pack, resource

Path = Sequence[str | int]
ENCRYPTION = ("rules", 0, "applyServerSideEncryptionByDefault")
LIFECYCLE = ("rules", 0)
RETENTION = ("rule", "defaultRetention")
PLAIN = ("policy", "Statement", 0)

BROKEN: list[tuple[str, str, Path, Value]] = [
    ("s3-public-access-blocked", "backups-block", ["blockPublicAcls"], False),
    ("s3-public-access-blocked", "backups-block", ["blockPublicPolicy"], None),
    ("s3-public-access-blocked", "logs-block", ["ignorePublicAcls"], "true"),
    ("s3-public-access-blocked", "logs-block", ["restrictPublicBuckets"], False),
    ("s3-own-key", "backups-encryption", [*ENCRYPTION, "sseAlgorithm"], "AES256"),
    ("s3-own-key", "backups-encryption", [*ENCRYPTION, "kmsMasterKeyId"], None),
    ("s3-own-key", "backups-encryption", [*ENCRYPTION, "kmsMasterKeyId"], "alias/aws/s3"),
    ("s3-own-key", "backups-encryption", ["rules"], []),
    ("s3-own-key", "logs-encryption", [*ENCRYPTION, "sseAlgorithm"], None),
    ("s3-versioned", "backups-versioning", ["versioningConfiguration", "status"], "Suspended"),
    ("s3-versioned", "backups-versioning", ["versioningConfiguration"], None),
    ("s3-acls-disabled", "backups-ownership", ["rule", "objectOwnership"], "ObjectWriter"),
    ("s3-settings-apart", "backups", ["policy"], json.dumps(document())),
    ("s3-settings-apart", "backups", ["acl"], "public-read"),
    ("s3-settings-apart", "backups", ["versioning"], {"enabled": True}),
    ("s3-tls-only", "backups-policy", [*PLAIN, "Principal"], {"AWS": ROLE_ARN}),
    ("s3-tls-only", "backups-policy", [*PLAIN, "Action"], "s3:GetObject"),
    ("s3-tls-only", "backups-policy", [*PLAIN, "Resource"], "arn:aws:s3:::stratmaster-backups/*"),
    ("s3-tls-only", "backups-policy", [*PLAIN, "Resource"], ["arn:aws:s3:::stratmaster-backups"]),
    ("s3-tls-only", "backups-policy", [*PLAIN, "Condition"], {"Bool": {"aws:SecureTransport": "true"}}),
    ("s3-tls-only", "logs-policy", [*PLAIN, "Condition", "StringEquals"], {"aws:PrincipalTag/x": "y"}),
    ("s3-lifecycle", "backups-lifecycle", [*LIFECYCLE, "abortIncompleteMultipartUpload"], None),
    ("s3-lifecycle", "backups-lifecycle", [*LIFECYCLE, "status"], "Disabled"),
    ("s3-lifecycle", "backups-lifecycle", [*LIFECYCLE, "filter"], {"prefix": "tmp/"}),
    ("s3-retention-at-least-30-days", "backups-lifecycle", [*LIFECYCLE, "expiration", "days"], 29.0),
    ("s3-retention-at-least-30-days", "backups-lifecycle", [*LIFECYCLE, "expiration"], {"date": "2027-01-01"}),
    (
        "s3-retention-at-least-30-days",
        "backups-lifecycle",
        [*LIFECYCLE, "noncurrentVersionExpiration", "noncurrentDays"],
        1.0,
    ),
    (
        "s3-retention-at-least-30-days",
        "backups-lifecycle",
        [*LIFECYCLE, "noncurrentVersionExpiration"],
        {"newerNoncurrentVersions": 1.0},
    ),
    ("s3-backups-locked", "backups", ["objectLockEnabled"], None),
    ("s3-backups-locked", "backups-lock", [*RETENTION, "days"], 29.0),
    ("s3-backups-locked", "backups-lock", [*RETENTION, "mode"], None),
    ("s3-backups-locked", "backups-lock", ["rule"], None),
    ("s3-replica-declared", "backups-replication", ["rules", 0, "destination", "bucket"], "arn:aws:s3:::elsewhere"),
    ("s3-replica-declared", "backups-replication", ["rules", 0, "destination"], None),
    ("kms-key-kept", "key", ["enableKeyRotation"], None),
    ("kms-key-kept", "key", ["enableKeyRotation"], False),
    ("kms-key-kept", "key", ["rotationPeriodInDays"], 366.0),
    ("kms-key-kept", "key", ["isEnabled"], False),
    ("kms-key-kept", "key", ["deletionWindowInDays"], 29.0),
    ("kms-key-kept", "key", ["bypassPolicyLockoutSafetyCheck"], True),
    ("kms-key-policy", "key", ["policy"], None),
    ("aws-policy-closed", "key", ["policy", "Statement", 1, "Principal"], {"AWS": "*"}),
    ("aws-policy-closed", "key", ["policy", "Statement", 1, "Principal"], "*"),
    ("aws-policy-closed", "key", ["policy", "Statement", 1, "Principal"], None),
    ("aws-policy-closed", "key", ["policy", "Statement", 1, "Principal"], {"AWS": [ROLE_ARN, "arn:aws:iam::*:root"]}),
    ("aws-policy-closed", "key", ["policy", "Statement", 1, "Principal"], {"Service": "logs.amazonaws.com"}),
    ("aws-policy-closed", "secret-policy", ["policy", "Statement", 0, "NotPrincipal"], {"AWS": ROLE_ARN}),
    ("aws-policy-closed", "backups-policy", ["policy", "Statement"], allow("s3:GetObject", "*", Principal="*")),
    ("aws-policy-no-lock-out", "backups-policy", [*PLAIN, "Condition"], None),
    ("secretsmanager-own-key", "secret", ["kmsKeyId"], None),
    ("secretsmanager-own-key", "secret", ["kmsKeyId"], "alias/aws/secretsmanager"),
    ("secretsmanager-recoverable", "secret", ["recoveryWindowInDays"], 0.0),
    ("secretsmanager-recoverable", "secret-policy", ["blockPublicPolicy"], None),
    ("secretsmanager-rotated", "secret", ["tags"], {}),
    ("secretsmanager-rotated", "secret", ["tags"], {"stratmaster:rotate-after-days": "91"}),
    ("acm-dns-validated", "certificate", ["validationMethod"], "EMAIL"),
    ("acm-dns-validated", "certificate", ["domainName"], "*.stratmaster.com"),
    ("acm-dns-validated", "certificate", ["subjectAlternativeNames"], ["*.stratmaster.com"]),
    ("acm-dns-validated", "certificate", ["options"], {"certificateTransparencyLoggingPreference": "DISABLED"}),
    ("iam-permissions-boundary", "role", ["permissionsBoundary"], None),
    ("iam-permissions-boundary", "role", ["permissionsBoundary"], "arn:aws:iam::aws:policy/AdministratorAccess"),
    ("iam-attached-policy-declared", "role", ["managedPolicyArns"], ["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
    ("iam-attached-policy-declared", "attachment", ["policyArn"], "arn:aws:iam::aws:policy/AdministratorAccess"),
    ("iam-attached-policy-declared", "attachment", ["policyArn"], f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"),
    ("aws-never-force-destroyed", "backups", ["forceDestroy"], True),
    ("aws-never-force-destroyed", "zone", ["forceDestroy"], True),
]
UNKNOWNS: list[tuple[str, str, Path]] = [
    ("s3-public-access-blocked", "backups-block", ["blockPublicAcls"]),
    ("s3-own-key", "backups-encryption", ["rules"]),
    ("s3-own-key", "backups-encryption", ["rules", 0]),
    ("s3-own-key", "backups-encryption", ENCRYPTION),
    ("s3-own-key", "backups-encryption", [*ENCRYPTION, "sseAlgorithm"]),
    ("s3-versioned", "backups-versioning", ["versioningConfiguration"]),
    ("s3-versioned", "backups-versioning", ["versioningConfiguration", "status"]),
    ("s3-acls-disabled", "backups-ownership", ["rule"]),
    ("s3-settings-apart", "backups", ["grants"]),
    ("s3-tls-only", "backups-policy", ["policy"]),
    ("s3-tls-only", "logs-policy", PLAIN),
    ("s3-tls-only", "logs-policy", [*PLAIN, "Condition"]),
    ("s3-tls-only", "logs-policy", [*PLAIN, "Action"]),
    ("s3-tls-only", "logs-policy", [*PLAIN, "Effect"]),
    ("s3-lifecycle", "backups-lifecycle", ["rules"]),
    ("s3-lifecycle", "backups-lifecycle", [*LIFECYCLE, "status"]),
    ("s3-lifecycle", "backups-lifecycle", [*LIFECYCLE, "filter"]),
    ("s3-lifecycle", "backups-lifecycle", [*LIFECYCLE, "abortIncompleteMultipartUpload"]),
    ("s3-retention-at-least-30-days", "backups-lifecycle", ["rules"]),
    ("s3-retention-at-least-30-days", "backups-lifecycle", LIFECYCLE),
    ("s3-retention-at-least-30-days", "backups-lifecycle", [*LIFECYCLE, "expiration"]),
    ("s3-retention-at-least-30-days", "backups-lifecycle", [*LIFECYCLE, "expiration", "days"]),
    ("s3-retention-at-least-30-days", "backups-lifecycle", [*LIFECYCLE, "noncurrentVersionExpiration"]),
    ("s3-backups-locked", "backups", ["objectLockEnabled"]),
    ("s3-backups-locked", "backups", ["tags"]),
    ("s3-backups-locked", "backups-lock", ["rule"]),
    ("s3-backups-locked", "backups-lock", [*RETENTION, "days"]),
    ("kms-key-kept", "key", ["enableKeyRotation"]),
    ("kms-key-kept", "key", ["deletionWindowInDays"]),
    ("kms-key-kept", "key", ["customerMasterKeySpec"]),
    ("kms-key-kept", "key", ["bypassPolicyLockoutSafetyCheck"]),
    ("aws-policy-closed", "key", ["policy"]),
    ("aws-policy-closed", "secret-policy", ["policy", "Statement", 0, "Principal"]),
    ("aws-policy-closed", "secret-policy", ["policy", "Statement", 0, "Principal", "AWS"]),
    ("aws-policy-closed", "secret-policy", ["policy", "Statement", 0, "Effect"]),
    ("aws-policy-no-lock-out", "logs-policy", [*PLAIN, "Condition"]),
    ("secretsmanager-recoverable", "secret", ["recoveryWindowInDays"]),
    ("secretsmanager-rotated", "secret", ["tags"]),
    ("acm-dns-validated", "certificate", ["validationMethod"]),
    ("acm-dns-validated", "certificate", ["domainName"]),
    ("acm-dns-validated", "certificate", ["subjectAlternativeNames"]),
    ("route53-no-dangling-record", "record", ["type"]),
    ("aws-never-force-destroyed", "zone", ["forceDestroy"]),
]


@pytest.fixture
def foundation(production: Pack) -> Pack:
    return production.of(stack="production", role="foundation")


def test_the_whole_stack_passes_before_and_after_its_first_update(foundation: Pack) -> None:
    for known in (False, True):
        assert said(foundation, declared(known=known)) == []


@pytest.mark.parametrize(("rule", "name", "path", "value"), BROKEN)
def test_one_thing_broken_is_refused(foundation: Pack, rule: str, name: str, path: Path, value: Value) -> None:
    for known in (True, False):
        stack = declared(broken(name, path, value, known=known), known=known)
        assert rule in {each.rule for each in said(foundation, stack)}


@pytest.mark.parametrize(("rule", "name", "path"), UNKNOWNS)
def test_one_thing_unknown_is_refused(foundation: Pack, rule: str, name: str, path: Path) -> None:
    stack = declared(broken(name, path, UNKNOWN, known=True), known=True)
    found = [each for each in said(foundation, stack) if each.rule == rule]
    assert any("unknown" in each.sentence for each in found) or rule == "s3-settings-apart", found


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("s3-public-access-blocked", "backups-block"),
        ("s3-own-key", "logs-encryption"),
        ("s3-versioned", "backups-versioning"),
        ("s3-tls-only", "logs-policy"),
        ("s3-lifecycle", "backups-lifecycle"),
        ("s3-backups-locked", "backups-lock"),
    ],
)
def test_a_bucket_without_one_of_its_parts_is_refused(foundation: Pack, rule: str, name: str) -> None:
    for known in (True, False):
        assert {each.rule for each in said(foundation, declared({name: None}, known=known))} == {rule}


def test_a_part_whose_bucket_cannot_be_told_counts_for_none(foundation: Pack) -> None:
    """Unknown and made from both buckets, from neither, or known as a bucket of somebody else."""
    for known in (False, True):
        stack = declared(known=known)
        (block,) = [each for each in stack if each.urn.endswith("::backups-block")]
        both = tuple(each.urn for each in stack if each.type == TYPES["backups"])
        for bucket, sources in ((UNKNOWN, both), (UNKNOWN, ()), ("elsewhere", ())):
            own = {**block.inputs, "bucket": bucket}
            other = replace(block, inputs=own, property_dependencies={"bucket": sources})
            found = said(foundation, [other if each is block else each for each in stack])
            assert ("s3-public-access-blocked", "backups") in {(each.rule, each.name) for each in found}


def test_a_bucket_s_name_goes_before_what_it_is_made_from(foundation: Pack) -> None:
    changed = broken("backups-block", ["bucket"], "stratmaster-logs", known=True)
    found = said(foundation, declared(changed, known=True))
    assert {(each.rule, each.name) for each in found} == {("s3-public-access-blocked", "backups")}


def test_only_a_bucket_that_takes_access_logs_may_use_the_key_of_s3(foundation: Pack) -> None:
    found = said(foundation, declared({"backups-logging": None}, known=True))
    assert {(each.rule, each.name) for each in found} == {("s3-own-key", "logs-encryption")}


def test_an_acl_is_refused_whatever_it_says(foundation: Pack) -> None:
    acl = resource("aws:s3/bucketAcl:BucketAcl", inputs={"bucket": "stratmaster-logs", "acl": "private"})
    assert "s3-acls-disabled" in {each.rule for each in said(foundation, [*declared(known=True), acl])}


def test_a_record_that_points_at_nothing_of_the_stack_is_refused(foundation: Pack) -> None:
    for type_ in ("A", "AAAA", "CNAME"):
        record = resource(TYPES["record"], inputs={"name": "x", "type": type_, "records": ["192.0.2.1"]})
        assert "route53-no-dangling-record" in {each.rule for each in said(foundation, [record])}
    text = resource(TYPES["record"], inputs={"name": "x", "type": "TXT", "records": ["x"]})
    assert "route53-no-dangling-record" not in {each.rule for each in said(foundation, [text])}


@pytest.mark.parametrize("rules", [{"automaticallyAfterDays": 90.0}, {"scheduleExpression": "rate(30 days)"}])
def test_a_secret_that_aws_turns_needs_no_tag(foundation: Pack, rules: Properties) -> None:
    rotation = resource(
        "aws:secretsmanager/secretRotation:SecretRotation",
        inputs={"secretId": UNKNOWN, "rotationRules": rules},
        name="rotation",
        dependencies={"secretId": [resource(TYPES["secret"], name="secret").urn]},
    )
    untagged = broken("secret", ["tags"], {}, known=False)
    found = said(foundation, [*declared(untagged, known=False), rotation])
    assert "secretsmanager-rotated" not in {each.rule for each in found}


@pytest.mark.parametrize(
    "changes",
    [
        {"rotationRules": {"automaticallyAfterDays": 91.0}},
        {"rotationRules": {"scheduleExpression": "rate(91 days)"}},
        {"rotationRules": {"scheduleExpression": "cron(0 0 1 1 ? *)"}},
        {"rotationRules": UNKNOWN},
        {"rotationRules": {}},
        {"rotationEnabled": False, "rotationRules": {"automaticallyAfterDays": 30.0}},
        {"secretId": UNKNOWN, "rotationRules": {"automaticallyAfterDays": 30.0}},
    ],
)
def test_a_rotation_that_is_too_slow_off_or_nobody_s_is_refused(foundation: Pack, changes: Properties) -> None:
    type_ = "aws:secretsmanager/secretRotation:SecretRotation"
    rotation = resource(type_, inputs={"secretId": "stratmaster/redis", **changes}, name="rotation")
    found = said(foundation, [*declared(known=True), rotation])
    assert ("secretsmanager-rotated", "rotation") in {(each.rule, each.name) for each in found}


@pytest.mark.parametrize("name", ["backups", "logs", "key", "secret", "zone"])
def test_what_keeps_data_is_protected_in_production(foundation: Pack, development: Pack, name: str) -> None:
    bare = resource(TYPES[name], inputs=inputs(known=True)[name])
    assert "aws-data-protected" in {each.rule for each in foundation.resource(bare)}
    assert "aws-data-protected" not in {each.rule for each in development.resource(bare)}
    assert "aws-data-protected" not in {each.rule for each in foundation.resource(replace(bare, protect=True))}


@pytest.mark.parametrize("ignored", ["policy", "rules[0].expiration", "*", "blockPublicAcls"])
def test_a_setting_that_is_ignored_is_refused(foundation: Pack, ignored: str) -> None:
    assert "aws-no-ignored-changes" in _ignoring(foundation, ignored)
    assert "aws-no-ignored-changes" not in _ignoring(foundation, "tags", "tags.owner", "tagsAll")


def _ignoring(pack: Pack, *paths: str) -> set[str]:
    """The rules that a bucket breaks with `ignoreChanges`."""
    return {each.rule for each in pack.resource(Ignoring(**vars(resource(TYPES["backups"])), ignore_changes=paths))}


def test_a_user_and_its_key_are_refused(foundation: Pack) -> None:
    for type_ in ("user:User", "accessKey:AccessKey", "userLoginProfile:UserLoginProfile"):
        found = foundation.resource(resource(f"aws:iam/{type_}", inputs={"user": "x"}))
        assert "iam-no-user" in {each.rule for each in found}


def test_a_type_of_aws_that_no_rule_knows_is_refused(foundation: Pack) -> None:
    for type_ in ("aws:s3/accessPoint:AccessPoint", "aws:kms/grant:Grant", "aws:iam/group:Group"):
        assert "coverage-known-type" in {each.rule for each in foundation.resource(resource(type_))}
