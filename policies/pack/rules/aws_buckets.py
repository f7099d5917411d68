"""What a bucket needs beside itself: each of its settings is a resource of its own, joined to it here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeAlias

from ..model.joins import made_from, owner
from ..model.record import Rule, StackRule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.stack import Stack
from ..model.statements import Statement, statements
from ..model.values import Field, Finding, Opaque, Unreadable, Value, must, one_of
from .switches import switched_on

Parts: TypeAlias = list[Resource]

BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
KEYS: Final = ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", "aws:kms/alias:Alias")
_BLOCKS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_INLINE: Final = (
    "acl",
    "accelerationStatus",
    "corsRules",
    "grants",
    "lifecycleRules",
    "logging",
    "loggings",
    "objectLockConfiguration",
    "policy",
    "replicationConfiguration",
    "replicationConfigurations",
    "serverSideEncryptionConfiguration",
    "serverSideEncryptionConfigurations",
    "versioning",
    "versionings",
    "website",
    "websites",
)
"""Settings in the bucket itself, which pulumi-aws 7 calls deprecated and which fight with their own resources."""


def types(name: str) -> tuple[str, str]:
    """The two Pulumi types of a bucket's setting: `types("Versioning")`."""
    return f"aws:s3/bucket{name}:Bucket{name}", f"aws:s3/bucket{name}V2:Bucket{name}V2"


def each_bucket(
    setting: str, check: Callable[[Stack, Resource, Parts], Iterator[Finding]]
) -> Callable[[Stack], Iterator[Finding]]:
    """A check of every bucket with the resources of one setting that belong to it.

    A setting whose bucket can't be told is a finding, and counts for none.
    """

    def judge(stack: Stack) -> Iterator[Finding]:
        belonging: dict[str, Parts] = {}
        for part in stack.of_type(*types(setting)):
            try:
                bucket = owner(stack, part, "bucket", "bucket", *BUCKETS)
            except Unreadable as unreadable:
                yield unreadable.finding
                continue
            if bucket is not None:
                belonging.setdefault(bucket.urn, []).append(part)
        for bucket in stack.of_type(*BUCKETS):
            try:
                yield from check(stack, bucket, belonging.get(bucket.urn, []))
            except Unreadable as unreadable:
                yield unreadable.finding

    return judge


def _blocked(_: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    if not parts:
        yield bucket.root.finding("has no BucketPublicAccessBlock")
    for part in parts:
        for key in _BLOCKS:
            yield from must(part.root.child(key), switched_on, "isn't true")


def _encrypted(stack: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    if not parts:
        yield bucket.root.finding("has no BucketServerSideEncryptionConfiguration, so AWS' own key")
    for part in parts:
        rules = part.root.child("rules")
        yield from must(rules, bool, "is missing")
        for rule in rules.elements():
            default = rule.child("applyServerSideEncryptionByDefault")
            algorithm = default.child("sseAlgorithm")
            if _takes_logs(stack, bucket) and algorithm.text() == "AES256":
                continue  # S3 delivers access logs to no bucket with a key of KMS
            yield from must(algorithm, one_of("aws:kms", "aws:kms:dsse"), "isn't aws:kms")
            yield from own_key(stack, part, "rules", default.child("kmsMasterKeyId"))


def own_key(stack: Stack, part: Resource, key: str, field: Field) -> Iterator[Finding]:
    """A finding unless a field names a key of one's own; at a first preview, one of the stack."""
    if field.value is Opaque.UNKNOWN and made_from(stack, part, key, *KEYS):
        return
    yield from must(
        field,
        lambda value: isinstance(value, str) and bool(value) and "alias/aws/" not in value,
        "names no key of one's own",
    )


def _takes_logs(stack: Stack, bucket: Resource) -> bool:
    logging = stack.of_type(*types("Logging"))
    return any(owner(stack, part, "targetBucket", "bucket", *BUCKETS) is bucket for part in logging)


def _versioned(_: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    if not parts:
        yield bucket.root.finding("has no BucketVersioning")
    for part in parts:
        yield from must(part.root.at("versioningConfiguration", "status"), one_of("Enabled"), "isn't Enabled")


def _owned(_: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    # Without any, AWS has set BucketOwnerEnforced for every new bucket since April 2023.
    for part in parts:
        yield from must(part.root.at("rule", "objectOwnership"), one_of("BucketOwnerEnforced"), "lets ACLs hold")
    yield from must(bucket.root.child("grants"), one_of(None), "is an ACL")


def _no_acl(stack: Stack) -> Iterator[Finding]:
    for part in stack.of_type(*types("Acl")):
        yield part.root.finding("is an ACL")
    yield from each_bucket("OwnershipControls", _owned)(stack)


def _over_tls(_: Stack, bucket: Resource, parts: Parts) -> Iterator[Finding]:
    if not parts:
        yield bucket.root.finding("has no BucketPolicy, so that it answers without TLS")
    for part in parts:
        if not any(_denies_plain(each) for each in statements("resource")(part)):
            yield part.root.child("policy").finding("denies nothing to requests without TLS")


def _denies_plain(statement: Statement) -> bool:
    if statement.allows:
        return False
    everybody = any(kind == "*" or (who.text() or "") == "*" for kind, who in statement.principals)
    actions = [action.text() or "" for action in statement.listed("Action")]
    resources = [resource.text() or "" for resource in statement.listed("Resource")]
    only = [
        (each.operator, each.key, [str(value.known()).lower() for value in each.values])
        for each in statement.conditions
    ]
    whole = any(not each.endswith("/*") for each in resources) and any(each.endswith(("/*", "*")) for each in resources)
    return everybody and "s3:*" in actions and whole and only == [("bool", "aws:securetransport", ["false"])]


def _not_inline(resource: Resource) -> Iterator[Finding]:
    for key in _INLINE:
        yield from must(resource.root.child(key), partial(_unset, key), "is set in the bucket itself")


def _unset(key: str, value: Value) -> bool:
    return not value or (key == "acl" and value == "private")


BLOCKED: Final = StackRule(
    id="s3-public-access-blocked",
    title="Every bucket blocks public access, in all four ways",
    severity="critical",
    frameworks=(
        "CKV_AWS_53",
        "CKV_AWS_54",
        "CKV_AWS_55",
        "CKV_AWS_56",
        "CKV2_AWS_6",
        "AWS-0086",
        "AWS-0087",
        "AWS-0094",
    ),
    why="One policy or one object's ACL is enough to show every backup to the world.",
    mend="Declare a BucketPublicAccessBlock for it with all four set to True.",
    check=each_bucket("PublicAccessBlock", _blocked),
)
ENCRYPTED: Final = StackRule(
    id="s3-own-key",
    title="Every bucket is encrypted with a KMS key of one's own",
    severity="high",
    frameworks=("CKV_AWS_19", "CKV_AWS_145", "AWS-0088", "AWS-0132"),
    why="With AWS' own key, whoever may read the bucket may read the data; a key of one's own can be withdrawn.",
    mend="Declare a BucketServerSideEncryptionConfiguration with aws:kms and the key's ARN.",
    check=each_bucket("ServerSideEncryptionConfiguration", _encrypted),
)
VERSIONED: Final = StackRule(
    id="s3-versioned",
    title="Every bucket keeps versions",
    severity="high",
    frameworks=("CKV_AWS_21", "AWS-0090"),
    why="Without versions, what is overwritten or deleted, by mistake or by an intruder, is gone.",
    mend="Declare a BucketVersioning for it with status Enabled.",
    check=each_bucket("Versioning", _versioned),
)
NO_ACL: Final = StackRule(
    id="s3-acls-disabled",
    title="No bucket has ACLs",
    severity="high",
    frameworks=("CKV2_AWS_65", "CKV_AWS_20", "CKV_AWS_57", "CKV_AWS_375", "AWS-0092"),
    why="An ACL opens single objects past the bucket's policy, and nobody sees it in a review.",
    mend="Leave BucketAcl out; BucketOwnershipControls, if there, say BucketOwnerEnforced.",
    check=_no_acl,
)
OVER_TLS: Final = StackRule(
    id="s3-tls-only",
    title="Every bucket refuses requests without TLS",
    severity="critical",
    frameworks=("CKV_AWS_379",),
    why="S3 answers over plain HTTP as well: the data and the signature would cross the network for all to read.",
    mend='Deny s3:* on the bucket and bucket/* to Principal "*" where Bool aws:SecureTransport is "false".',
    check=each_bucket("Policy", _over_tls),
)
NOT_INLINE: Final = Rule(
    id="s3-settings-apart",
    title="A bucket's settings are resources of their own",
    severity="medium",
    why="A setting inside the bucket and the same as a resource undo each other with every second update.",
    mend="Use BucketVersioning, BucketPolicy, BucketLifecycleConfiguration and so on.",
    check=per(resources(*BUCKETS), _not_inline),
)

RULES: Final = (BLOCKED, ENCRYPTED, VERSIONED, NO_ACL, OVER_TLS, NOT_INLINE)
