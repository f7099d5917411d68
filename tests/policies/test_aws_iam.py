"""What a policy of IAM may allow: what is named, where it is named, and nothing that leads further."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policies.pack.rules.aws_actions import (
    CREDENTIALS,
    ESCALATING,
    ESCALATING_ANYWHERE,
    EXFILTRATING,
    OWN_CREDENTIALS,
    PERMISSIONS,
)
from rehearsal.engine.wire import UNKNOWN, Value
from tests.policies.aws_stack import ACCOUNT, ROLE_ARN, allow, document
from tests.policies.iam_documents import BUCKET, GRANTS, KEY, PASSED, ROLE, judged, written
from tests.policies.judging import Pack

GOOD: list[Mapping[str, Value]] = [
    allow("s3:GetObject", f"{BUCKET}/*"),
    allow(["s3:Get*"], [f"{BUCKET}/reports-*/*"]),
    allow(["kms:Decrypt"], KEY),
    allow("ec2:DescribeInstances", "*"),
    allow("iam:PassRole", ROLE_ARN, Condition=PASSED),
    allow("sts:AssumeRole", ROLE_ARN),
    allow("kms:CreateGrant", KEY, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}}),
    allow("kms:Decrypt", "*", Condition={"StringEquals": {"aws:ResourceTag/team": "stratmaster"}}),
    {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "*"},
]
BAD: list[tuple[str, Mapping[str, Value]]] = [
    ("iam-no-wildcard-action", allow("*", BUCKET)),
    ("iam-no-wildcard-action", allow("s3:*", BUCKET)),
    ("iam-no-wildcard-action", allow("s3:**", BUCKET)),
    ("iam-no-wildcard-action", allow("*:GetObject", BUCKET)),
    ("iam-no-wildcard-action", allow("s?:GetObject", BUCKET)),
    ("iam-no-wildcard-action", {"Effect": "Allow", "NotAction": "iam:*", "Resource": BUCKET}),
    ("iam-no-wildcard-action", {"Effect": "Allow", "Resource": BUCKET}),
    ("iam-no-wildcard-resource", allow("s3:PutObject", "*")),
    ("iam-no-wildcard-resource", allow(["sts:GetCallerIdentity", "s3:PutObject"], "*")),
    ("iam-no-wildcard-resource", allow("s3:PutObject", "arn:aws:s3:::*")),
    ("iam-no-wildcard-resource", allow("s3:PutObject", "arn:aws:s3:::*/*")),
    ("iam-no-wildcard-resource", allow("s3:PutObject", ["arn:aws:s3:::a", "arn:aws:*:::a"])),
    ("iam-no-wildcard-resource", allow("kms:Encrypt", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/*")),
    ("iam-no-wildcard-resource", allow("kms:Encrypt", "arn:aws:kms:*:*:key/0a1b")),
    ("iam-no-wildcard-resource", allow("kms:Encrypt", "arn:*")),
    ("iam-no-wildcard-resource", {"Effect": "Allow", "Action": "s3:PutObject", "NotResource": BUCKET}),
    ("iam-no-wildcard-resource", {"Effect": "Allow", "Action": "s3:PutObject"}),
    (
        "iam-no-wildcard-resource",
        allow("kms:Encrypt", "*", Condition={"StringLike": {"aws:ResourceTag/team": "*"}}),
    ),
    (
        "iam-no-wildcard-resource",
        allow("kms:Encrypt", "*", Condition={"StringEqualsIfExists": {"aws:ResourceTag/team": "x"}}),
    ),
    (
        "iam-no-wildcard-resource",
        allow("kms:Encrypt", "*", Condition={"ForAllValues:StringEquals": {"kms:ResourceAliases": "alias/x"}}),
    ),
    ("iam-no-wildcard-resource", allow("kms:Encrypt", "*", Condition={"Bool": {"aws:SecureTransport": "true"}})),
    *(("iam-no-privilege-escalation", allow(action, ROLE_ARN)) for action in sorted(ESCALATING)),
    *(("iam-no-privilege-escalation", allow(action, "*")) for action in sorted(ESCALATING_ANYWHERE)),
    ("iam-no-privilege-escalation", allow("iam:Put*", ROLE_ARN)),
    ("iam-no-privilege-escalation", allow("IAM:putrolepolicy", ROLE_ARN)),
    ("iam-no-privilege-escalation", allow("iam:*ttachRolePolicy", ROLE_ARN)),
    ("iam-pass-role-constrained", allow("iam:PassRole", ROLE_ARN)),
    ("iam-pass-role-constrained", allow("iam:Pass*", ROLE_ARN)),
    ("iam-pass-role-constrained", allow("iam:PassRole", "*", Condition=PASSED)),
    ("iam-pass-role-constrained", allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/strat*", Condition=PASSED)),
    (
        "iam-pass-role-constrained",
        allow("iam:PassRole", ROLE_ARN, Condition={"StringLike": {"iam:PassedToService": "*"}}),
    ),
    (
        "iam-pass-role-constrained",
        allow("iam:PassRole", ROLE_ARN, Condition={"StringEqualsIfExists": {"iam:PassedToService": "x"}}),
    ),
    *(("iam-no-credentials-exposure", allow(action, "*")) for action in sorted(CREDENTIALS)),
    *(("iam-no-credentials-exposure", allow(action, BUCKET)) for action in sorted(OWN_CREDENTIALS)),
    *(("iam-no-data-exfiltration", allow(action, "*")) for action in sorted(EXFILTRATING)),
    ("iam-no-data-exfiltration", allow("s3:Get*", "arn:aws:s3:::*/*")),
    *(("iam-no-permission-management", allow(action, BUCKET)) for action in sorted(PERMISSIONS)),
    ("iam-no-permission-management", allow("s3:Put*", BUCKET)),
    ("iam-no-permission-management", allow("backup:PutBackupVaultAccessPolicy", BUCKET)),
    (
        "iam-no-permission-management",
        allow("kms:CreateGrant", KEY, Condition={"BoolIfExists": {"kms:GrantIsForAWSResource": "true"}}),
    ),
]


@pytest.mark.parametrize("statement", GOOD, ids=range(len(GOOD)))
def test_what_is_named_passes(production: Pack, statement: Mapping[str, Value]) -> None:
    assert judged(production, written(statement)) == set()
    assert judged(production, document(statement)) == set()
    assert judged(production, {"Version": "2012-10-17", "Statement": statement}) == set()


@pytest.mark.parametrize(("rule", "statement"), BAD, ids=range(len(BAD)))
def test_what_leads_further_is_refused(production: Pack, rule: str, statement: Mapping[str, Value]) -> None:
    assert rule in judged(production, written(GOOD[0], statement))


def test_documents_are_judged_wherever_they_are_held(production: Pack) -> None:
    policy = written(allow("*", "*"))
    for type_ in ("rolePolicy:RolePolicy", "userPolicy:UserPolicy", "groupPolicy:GroupPolicy"):
        assert "iam-no-wildcard-action" in judged(production, policy, f"aws:iam/{type_}")
    inline: Value = [{"name": "a", "policy": written(GOOD[0])}, {"name": "b", "policy": policy}]
    assert "iam-no-wildcard-action" in judged(production, inline, ROLE, "inlinePolicies")


@pytest.mark.parametrize(
    "policy",
    [
        UNKNOWN,
        "",
        "[",
        "x",
        "[]",
        '{"Statement": [], "Statement": []}',
        {"Statement": UNKNOWN},
        {"Statement": [UNKNOWN]},
        {"statement": [allow("s3:GetObject", BUCKET)]},
        {"Statement": [{**allow("s3:GetObject", BUCKET), "effect": "Allow"}]},
        {"Statement": [{**allow("s3:GetObject", BUCKET), "Effect": "allow"}]},
        {"Statement": [{**allow("s3:GetObject", BUCKET), "Effect": UNKNOWN}]},
        {"Statement": [allow(UNKNOWN, BUCKET)]},
        {"Statement": [allow(["s3:GetObject", UNKNOWN], BUCKET)]},
        {"Statement": [allow([1.0], BUCKET)]},
        {"Statement": [allow(["s3:GetObject", None], BUCKET)]},
    ],
)
def test_a_document_that_cannot_be_read_breaks_every_rule_about_it(production: Pack, policy: Value) -> None:
    # An empty string is what the provider takes for no policy; AWS refuses it.
    assert judged(production, policy) == (set() if policy == "" else set(GRANTS))


@pytest.mark.parametrize("resources", [UNKNOWN, [UNKNOWN], [BUCKET, UNKNOWN]])
def test_an_unknown_resource_is_refused_wherever_it_decides(production: Pack, resources: Value) -> None:
    assert "iam-no-wildcard-resource" in judged(production, document(allow("s3:PutObject", resources)))
    assert "iam-no-data-exfiltration" in judged(production, document(allow("s3:GetObject", resources)))
    passing = allow("iam:PassRole", resources, Condition=PASSED)
    assert "iam-pass-role-constrained" in judged(production, document(passing))
