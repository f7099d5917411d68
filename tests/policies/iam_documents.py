"""What tests of IAM share: a document, and the rules that it breaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from rehearsal.engine.wire import Value
from tests.policies.aws_stack import ACCOUNT, document
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
