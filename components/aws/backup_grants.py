"""What each job may do with the backups, from the calls that `operations/` really makes.

No role deletes a version, changes a lock, a policy or a lifecycle; what is deleted stays as a version until S3's
lifecycle ends it. `*` stands where a database's name is: it is in a URL that this program never sees.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components import aws_names
from components.aws.documents import Statement, any_key, key_named

_WRITE: Final = ("s3:PutObject", "s3:AbortMultipartUpload")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where backups are.

    Attributes:
        bucket: its name.
        prefix: what keys begin with; empty, or ending in a slash.
        account: twelve digits.
        region: the bucket's.
        key_alias: of the key that it is encrypted with.
    """

    bucket: str
    prefix: str
    account: str
    region: str
    key_alias: str

    @property
    def manifests(self) -> str:
        """The manifests' keys (operations/manifest.py)."""
        return f"{self.prefix}*/manifests/*"

    @property
    def data(self) -> str:
        """The data's keys, without those of the archive."""
        return f"{self.prefix}*/data/*"

    @property
    def archive(self) -> str:
        """The keys of physical backups and WAL (components/database.py)."""
        return f"{self.prefix}physical/*"

    def objects(self, *patterns: str) -> Sequence[str]:
        """ARNs of objects."""
        return [f"{aws_names.bucket_arn(self.bucket)}/{pattern}" for pattern in patterns]

    def to(self, sid: str, actions: Sequence[str], *patterns: str) -> Statement:
        """Permission for objects."""
        return Statement(sid=sid, actions=actions, resources=self.objects(*patterns))

    def listing(self) -> Statement:
        """Permission to list names, all of them: HeadBucket, by which jobs read the bucket's clock, names no prefix."""
        return Statement(sid="List", actions=["s3:ListBucket"], resources=[aws_names.bucket_arn(self.bucket)])

    def key(self, *actions: str) -> Statement:
        """Permission to use the bucket's key, by way of S3 (the key's own policy)."""
        return Statement(
            sid="Key",
            actions=[f"kms:{action}" for action in actions],
            resources=[any_key(self.region, self.account)],
            tests=key_named(self.key_alias),
        )


def grants(place: Place) -> Mapping[str, Sequence[Statement]]:
    """Service account of the foundation -> what it may do."""
    config = f"{place.prefix}cluster/config/*"  # operations/config/manifest.py
    return {
        aws_names.BACKUP: writing(place),
        aws_names.RESTORE: (*writing(place), place.to("ReadArchive", ["s3:GetObject"], place.archive)),
        aws_names.CONFIG_BACKUP: (
            place.to("Write", [*_WRITE, "s3:GetObject"], config),
            place.listing(),
            place.key("GenerateDataKey", "Decrypt"),
        ),
        aws_names.PRUNE: (
            place.to("ReadManifests", ["s3:GetObject"], place.manifests),
            place.to("Delete", ["s3:DeleteObject"], place.manifests, place.data),
            place.listing(),
            place.key("Decrypt"),
        ),
        aws_names.DRILL: (
            place.to("Read", ["s3:GetObject"], place.manifests, place.data, place.archive),
            place.listing(),
            place.key("Decrypt"),
        ),
        aws_names.DATABASE: (
            # barman ends base backups and WAL of its own after the retention.
            place.to("Archive", [*_WRITE, "s3:GetObject", "s3:DeleteObject"], place.archive),
            place.listing(),
            place.key("GenerateDataKey", "Decrypt"),
        ),
    }


READ_ONLY: Final = (aws_names.PRUNE, aws_names.DRILL)
"""Service accounts that write no object, and so need nothing of the key but to decrypt."""


def writing(place: Place) -> Sequence[Statement]:
    """What takes a backup, and reads it back; a slot's migration takes one where it finds none (preflight.py).

    A multipart upload is completed with Decrypt: S3 reads the data key that the first part was written with.
    """
    return (
        place.to("Write", _WRITE, place.manifests, place.data),
        place.to("ReadBack", ["s3:GetObject"], place.manifests, place.data),
        place.listing(),
        place.key("GenerateDataKey", "Decrypt"),
    )
