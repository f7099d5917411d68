"""How long a bucket keeps what is in it: tidied, locked where it holds backups, and never below 30 days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.joins import made_from
from ..model.record import StackRule
from ..model.resource import Resource
from ..model.stack import Stack
from ..model.values import Field, Finding, Opaque, each, must, one_of
from .aws_buckets import BUCKETS, Parts, each_bucket
from .retention import MIN_DAYS
from .switches import switched_on

_SHORT: Final = f"is less than {MIN_DAYS:.0f} days"
_REPLICATION: Final = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
_NO_LOCK: Final = "has no BucketObjectLockConfiguration"


def _tidied(_: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    rules = [rule for part in parts for rule in part.root.child("rules").elements()]
    if not any(_aborts(rule) for rule in rules):
        yield bucket.root.finding("has no BucketLifecycleConfiguration that ends uploads which nobody finished")


def _aborts(rule: Field) -> bool:
    ends = rule.at("abortIncompleteMultipartUpload", "daysAfterInitiation").number()
    return rule.child("status").text() == "Enabled" and ends is not None and _for_all(rule)


def _for_all(rule: Field) -> bool:
    """Whether a lifecycle rule is about every object."""
    narrowed = [entry for key, entry in rule.child("filter").entries().items() if key != "__defaults" and entry.is_set]
    return all(entry.known() == "" for entry in narrowed) and not rule.child("prefix").text()


def _kept(stack: Stack, _: Resource, parts: Parts) -> Iterator[Finding]:
    if stack.context.development:
        return
    for part in parts:
        yield from each(part.root.child("rules").elements(), _long_enough)


def _long_enough(rule: Field) -> Iterator[Finding]:
    if rule.child("status").text() == "Disabled":
        return
    yield from must(rule.at("expiration", "date"), one_of(None), "ends what is a day old as well as what is a year old")
    for place in (rule.at("expiration", "days"), rule.at("noncurrentVersionExpiration", "noncurrentDays")):
        days = place.number()
        if days is not None and 0 < days < MIN_DAYS:
            yield place.finding(_SHORT)
    old = rule.child("noncurrentVersionExpiration")
    if old.is_set and not old.child("noncurrentDays").number():
        yield old.child("noncurrentDays").finding("is missing, so that versions go at once")


def _locked(stack: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    if stack.context.development or not _holds_backups(bucket):
        return
    yield from must(bucket.root.child("objectLockEnabled"), switched_on, "isn't true, and can't be set later")
    if not parts:
        yield bucket.root.finding(_NO_LOCK)
    for part in parts:
        yield from _lock(part.root.at("rule", "defaultRetention"))


def _lock(retention: Field) -> Iterator[Finding]:
    yield from must(retention.child("mode"), one_of("COMPLIANCE", "GOVERNANCE"), "is no mode of a lock")
    years, days = retention.child("years").number() or 0.0, retention.child("days").number() or 0.0
    if years * 365 + days < MIN_DAYS:
        yield retention.child("days").finding(_SHORT)


def _holds_backups(bucket: Resource) -> bool:
    tags = bucket.root.child("tags").entries()
    said = [bucket.name, *tags, *(entry.text() or "" for entry in tags.values())]
    # A bucket whose name isn't known, and of which nothing else is said, may be for backups.
    return any("backup" in text.lower() for text in said) or "backup" in (bucket.root.child("bucket").text() or "")


def _copied(stack: Stack) -> Iterator[Finding]:
    names = {f"arn:aws:s3:::{bucket.properties.get('bucket')}" for bucket in stack.of_type(*BUCKETS)}
    for part in stack.of_type(_REPLICATION):
        rules = part.root.child("rules")
        if isinstance(rules.value, Opaque):
            yield rules.unreadable()
        for rule in rules.children():
            place = rule.at("destination", "bucket")
            if place.value is not Opaque.UNKNOWN or not made_from(stack, part, "rules", *BUCKETS):
                yield from must(place, lambda value: value in names, "is no bucket of this stack")


TIDIED: Final = StackRule(
    id="s3-lifecycle",
    title="Every bucket ends uploads that nobody finished",
    severity="medium",
    frameworks=("CKV2_AWS_61", "CKV_AWS_300"),
    why="Parts of broken uploads are shown by no listing and cost until somebody looks for them.",
    mend="Give its BucketLifecycleConfiguration a rule with abort_incomplete_multipart_upload, for all objects.",
    check=each_bucket("LifecycleConfiguration", _tidied),
)
KEPT: Final = StackRule(
    id="s3-retention-at-least-30-days",
    title="No bucket ends an object or an old version before it is 30 days old",
    severity="critical",
    why="Damage that is noticed after three weeks can't be mended any more once the last good copy is gone.",
    mend="Set expiration.days and noncurrent_version_expiration.noncurrent_days to 30 or more.",
    check=each_bucket("LifecycleConfiguration", _kept),
)
LOCKED: Final = StackRule(
    id="s3-backups-locked",
    title="A bucket for backups locks them for 30 days at least",
    severity="high",
    frameworks=("CKV_AWS_143",),
    why="Whoever gets hold of the account deletes the backups first; a lock keeps them all the same.",
    mend="Set object_lock_enabled, and a BucketObjectLockConfiguration with a default retention of 30 days or more.",
    check=each_bucket("ObjectLockConfiguration", _locked),
)

COPIED: Final = StackRule(
    id="s3-replica-declared",
    title="A bucket is copied to buckets of this stack only",
    severity="high",
    why="A copy in a bucket that nobody here sees is how data leaves an account without a single request to read it.",
    mend="Declare the replica's bucket in the program, and give its ARN.",
    check=_copied,
)

RULES: Final = (TIDIED, KEPT, LOCKED, COPIED)
