"""Policy documents of IAM, written out whole: no part of one is known only after an update."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Tests: TypeAlias = Mapping[str, Mapping[str, str | Sequence[str]]]
"""Operator -> condition key -> what it has to be."""
Principals: TypeAlias = Mapping[str, str]
EVERYBODY: Final[Principals] = {"AWS": "*"}
VERSION: Final = "2012-10-17"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement.

    Attributes:
        sid: what it is for, in letters and digits.
        actions: each by its own name.
        resources: ARNs; empty in a trust policy, which is about its role.
        tests: all of them have to hold.
        principals: who, in a resource's policy or a trust policy.
        effect: Allow or Deny.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str] = ()
    tests: Tests = field(default_factory=dict[str, Mapping[str, str | Sequence[str]]])
    principals: Principals | None = None
    effect: Literal["Allow", "Deny"] = "Allow"

    def written(self) -> Mapping[str, object]:
        """As it stands in a document."""
        optional = {"Principal": self.principals, "Resource": _one_or_all(self.resources), "Condition": self.tests}
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": _one_or_all(self.actions),
            **{name: value for name, value in optional.items() if value},
        }


def _one_or_all(texts: Sequence[str]) -> str | list[str]:
    """One by itself is no list: so AWS writes it, and moto looks for it."""
    return texts[0] if len(texts) == 1 else list(texts)


def document(statements: Sequence[Statement]) -> str:
    """A policy document; the same text for the same statements, so that it shows no change where there is none."""
    return json.dumps({"Version": VERSION, "Statement": [each.written() for each in statements]})


def root(account: str) -> Mapping[str, str]:
    """The account itself as principal: whoever IAM allows it as well, if the statement's tests hold for them."""
    return {"AWS": f"arn:aws:iam::{account}:root"}


def key_named(alias: str | Sequence[str]) -> Tests:
    """The test that a KMS key has an alias: its ARN, by which IAM would name it, is made up by AWS."""
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}


def any_key(region: str, account: str) -> str:
    """The ARN of any KMS key of an account and region, to be narrowed by `key_named`."""
    return f"arn:aws:kms:{region}:{account}:key/*"
