"""Who may become a role: one workload by its exact name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from rehearsal.engine.wire import UNKNOWN, Value
from tests.policies.aws_stack import ACCOUNT, ISSUER, ROLE_ARN, TRUST, document
from tests.policies.iam_documents import ROLE, judged, written
from tests.policies.judging import Pack


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
