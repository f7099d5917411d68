"""Buckets, keys, secrets, names and roles at AWS: one thing broken in a stack that every rule accepts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.aws_breaking import broken, fields, said
from tests.policies.aws_breaks import BROKEN, UNKNOWNS, Path
from tests.policies.aws_stack import TYPES, declared, inputs
from tests.policies.judging import Ignoring, Pack, resource


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
    taken_down = replace(foundation, context=replace(foundation.context, protect_data=False))
    assert "aws-data-protected" not in {each.rule for each in taken_down.resource(bare)}


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


NEEDLESS = frozenset({"Version", "id", "name", "role", "targetPrefix", "zoneId", "secretId", "secretArn"})
"""Fields that no rule about safety reads."""
JOINED = frozenset({"bucket", "targetBucket", "destination", "kmsKeyId", "kmsMasterKeyId", "permissionsBoundary"}) | {
    "policyArn",
    "records",
}
"""Fields that an output of the stack's own fills in: what they are made from says enough."""


def test_every_other_field_is_refused_while_it_is_unknown(foundation: Pack) -> None:
    tried = 0
    for name, properties in inputs(known=True).items():
        for path in fields(properties):
            keys = {key for key in path if isinstance(key, str)}
            resource_policy = name in {"key", "secret-policy"} and keys & {"Action", "Resource"}
            if keys & (NEEDLESS | JOINED) or resource_policy or (name, path) == ("backups-replication", ("rules", 0)):
                continue
            stack = declared(broken(name, path, UNKNOWN, known=True), known=True)
            assert said(foundation, stack), (name, path)
            tried += 1
    assert tried > 150
