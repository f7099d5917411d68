"""AWS resources that hold what can't be made again: protected, never emptied by force, watched in every setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.record import Rule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.values import Finding, must
from .switches import not_on

_KEEPING: Final = frozenset(
    {
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketV2:BucketV2",
        "aws:kms/key:Key",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:kms/externalKey:ExternalKey",
        "aws:secretsmanager/secret:Secret",
        "aws:route53/zone:Zone",
    }
)
_HARMLESS: Final = frozenset({"tags", "tagsAll", "description"})


def _protected(resource: Resource) -> Iterator[Finding]:
    # `protectData: false` is how a foundation is taken down on purpose, a change that is seen and reviewed.
    if not resource.context.protect_data or resource.context.development:
        return
    if not resource.options.protect:
        yield resource.option("protect", value=False).finding("isn't set")


def _unforced(resource: Resource) -> Iterator[Finding]:
    yield from must(resource.root.child("forceDestroy"), not_on, "deletes all that is in it as well")


def _watched(resource: Resource) -> Iterator[Finding]:
    for path in resource.options.ignore_changes:
        if path.split(".", 1)[0].split("[", 1)[0] not in _HARMLESS:
            yield resource.option("ignoreChanges", path).finding("leaves a setting as somebody changed it by hand")


PROTECTED: Final = Rule(
    id="aws-data-protected",
    title="Buckets, keys, secrets and zones are protected in production",
    severity="high",
    why="A renamed resource or a `pulumi destroy` on the wrong stack would take the data with it.",
    mend="Set protect=True in its resource options; `protectData: false` takes a foundation down.",
    check=per(resources(*_KEEPING), _protected),
)
UNFORCED: Final = Rule(
    id="aws-never-force-destroyed",
    title="Nothing at AWS is emptied so that it can be deleted",
    severity="high",
    why="AWS refuses to delete a bucket or a zone that isn't empty: the last thing between a slip and the backups.",
    mend="Leave force_destroy out.",
    check=per(resources("aws:"), _unforced),
)
WATCHED: Final = Rule(
    id="aws-no-ignored-changes",
    title="No setting of an AWS resource is ignored, tags aside",
    severity="high",
    why="What somebody opens by hand would stay open, and no preview would ever show it.",
    mend="Take it out of ignore_changes, and declare what has to hold.",
    check=per(resources("aws:"), _watched),
)

RULES: Final = (PROTECTED, UNFORCED, WATCHED)
