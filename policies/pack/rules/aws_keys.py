"""KMS keys and what they encrypt: turned, not lost by a slip, and open to those who are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.joins import made_from, owner
from ..model.record import Rule, StackRule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.stack import Stack
from ..model.values import Field, Finding, Unreadable, Value, must
from .aws_buckets import own_key
from .switches import not_off, not_on, switched_on

_KEY: Final = "aws:kms/key:Key"
_KEYS: Final = (_KEY, "aws:kms/replicaKey:ReplicaKey", "aws:kms/externalKey:ExternalKey")
_KEY_POLICY: Final = "aws:kms/keyPolicy:KeyPolicy"
_SECRET: Final = "aws:secretsmanager/secret:Secret"  # noqa: S105 a type
_ROTATION: Final = "aws:secretsmanager/secretRotation:SecretRotation"
_SECRET_POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"  # noqa: S105 a type
ROTATION_TAG: Final = "stratmaster:rotate-after-days"
"""The tag that says after how many days the program's own keeper makes a secret anew; an alert watches the age."""
_WINDOW_DAYS: Final = 30.0
"""AWS' own default and longest: a key that is gone takes every backup with it."""
_MAX_ROTATION_DAYS: Final = 90.0
_MAX_KEY_AGE_DAYS: Final = 365.0
_MIN_RECOVERY_DAYS: Final = 7.0
_RATE: Final = re.compile(r"rate\(([0-9]+) (hours?|days?)\)")


def _kept(resource: Resource) -> Iterator[Finding]:
    root = resource.root
    for key in ("isEnabled", "enabled"):
        yield from must(root.child(key), not_off, "is switched off")
    window = root.child("deletionWindowInDays")
    yield from must(window, lambda value: value is None or _at_least(value, _WINDOW_DAYS), "is less than 30 days")
    yield from must(root.child("bypassPolicyLockoutSafetyCheck"), not_on, "lets a policy lock everybody out")
    if resource.type == _KEY and _symmetric(root):
        yield from must(root.child("enableKeyRotation"), switched_on, "isn't true")
        period = root.child("rotationPeriodInDays")
        yield from must(
            period, lambda value: value is None or _at_most(value, _MAX_KEY_AGE_DAYS), "is more than a year"
        )


def _symmetric(root: Field) -> bool:
    """Only symmetric keys are turned by AWS; what a key is for is known before it is made."""
    spec = root.child("customerMasterKeySpec").text() or "SYMMETRIC_DEFAULT"
    return spec == "SYMMETRIC_DEFAULT" and (root.child("customKeyStoreId").text() or "") == ""


def _at_least(value: Value, least: float) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and value >= least


def _at_most(value: Value, most: float) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and 0 < value <= most


def _guarded(stack: Stack) -> Iterator[Finding]:
    for key in stack.of_type(*_KEYS):
        apart = any(key in made_from(stack, part, "keyId", *_KEYS) for part in stack.of_type(_KEY_POLICY))
        # An unknown policy is there; what it says is for aws-policy-closed to refuse.
        if key.root.child("policy").value in (None, "") and not apart:
            yield key.root.child("policy").finding("is missing, so that every policy of the account opens the key")


def _own_key(stack: Stack) -> Iterator[Finding]:
    for secret in stack.of_type(_SECRET):
        yield from own_key(stack, secret, "kmsKeyId", secret.root.child("kmsKeyId"))


def _recoverable(resource: Resource) -> Iterator[Finding]:
    if resource.type == _SECRET:
        window = resource.root.child("recoveryWindowInDays")
        yield from must(
            window, lambda value: value is None or _at_least(value, _MIN_RECOVERY_DAYS), "is less than 7 days"
        )
    if resource.type == _SECRET_POLICY:
        yield from must(resource.root.child("blockPublicPolicy"), switched_on, "isn't true")


def _rotated(stack: Stack) -> Iterator[Finding]:
    turned: set[str] = set()
    for part in stack.of_type(_ROTATION):
        try:
            secret = owner(stack, part, "secretId", "name", _SECRET)
        except Unreadable as unreadable:
            yield unreadable.finding
            continue
        turned |= {secret.urn} if secret else set()
        yield from _often_enough(part)
    for secret in stack.of_type(_SECRET):
        if secret.urn not in turned:
            tag = secret.root.child("tags").child(ROTATION_TAG)
            yield from must(tag, _days, "is missing, and no SecretRotation turns the secret within 90 days")


def _days(value: Value) -> bool:
    return isinstance(value, str) and value.isdecimal() and 0 < float(value) <= _MAX_ROTATION_DAYS


def _often_enough(part: Resource) -> Iterator[Finding]:
    yield from must(part.root.child("rotationEnabled"), not_off, "is switched off")
    rules = part.root.child("rotationRules")
    days, rate = rules.child("automaticallyAfterDays"), rules.child("scheduleExpression")
    if rate.value is None:
        yield from must(days, lambda value: _at_most(value, _MAX_ROTATION_DAYS), "isn't 90 days or less")
    else:
        yield from must(rate, _rate, "isn't a rate of 90 days or less")


def _rate(value: Value) -> bool:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    hours = 24.0 if match and match[2].startswith("day") else 1.0
    return match is not None and 0 < float(match[1]) * hours <= _MAX_ROTATION_DAYS * 24.0


KEPT: Final = Rule(
    id="kms-key-kept",
    title="A KMS key is turned, in use, and takes 30 days to delete",
    severity="high",
    frameworks=("CKV_AWS_7", "CKV_AWS_227", "AWS-0065"),
    why="What was encrypted with a key that is gone is gone as well, and nobody can bring it back.",
    mend="Set enable_key_rotation=True; leave deletion_window_in_days at 30 and the safety check on.",
    check=per(resources(*_KEYS), _kept),
)
GUARDED: Final = StackRule(
    id="kms-key-policy",
    title="Every KMS key has a policy of its own",
    severity="critical",
    frameworks=("CKV2_AWS_64",),
    why="AWS' default policy hands the key to every identity whose own policy allows it.",
    mend="Give it a policy that names who uses it, and who looks after it.",
    check=_guarded,
)
OWN_KEY: Final = StackRule(
    id="secretsmanager-own-key",
    title="Every entry of Secrets Manager is encrypted with a KMS key of one's own",
    severity="high",
    frameworks=("CKV_AWS_149", "AWS-0098"),
    why="AWS' own key asks nobody: whoever may read the entry may read the secret.",
    mend="Set kms_key_id to a key of the stack.",
    check=_own_key,
)
RECOVERABLE: Final = Rule(
    id="secretsmanager-recoverable",
    title="An entry of Secrets Manager can be brought back for 7 days, and can't be made public",
    severity="high",
    why="An entry deleted by a slip takes the application down at once, with nothing to bring back.",
    mend="Leave recovery_window_in_days out, or at 7 or more; set block_public_policy=True on its policy.",
    check=per(resources(_SECRET, _SECRET_POLICY), _recoverable),
)
ROTATED: Final = StackRule(
    id="secretsmanager-rotated",
    title="Every entry of Secrets Manager is made anew within 90 days",
    severity="high",
    frameworks=("CKV2_AWS_57",),
    why="A secret that leaked once is good for as long as nobody changes it.",
    mend=f"Declare a SecretRotation, or tag it {ROTATION_TAG}=90 if the program's keeper does it.",
    check=_rotated,
)

RULES: Final = (KEPT, GUARDED, OWN_KEY, RECOVERABLE, ROTATED)
