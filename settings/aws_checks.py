"""Rules between the settings of what is at AWS and those of what is kept there."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from settings.aws import MIN_RETENTION_DAYS, Aws
from settings.common import Secrets
from settings.data import Backups, FoundationDatabase
from settings.problems import Problem

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,53}[a-z0-9]")
"""S3's names have 63 characters at the most, of which the replica takes eight; a dot in one breaks TLS."""


def problems(values: Mapping[str, object]) -> Iterator[Problem]:
    """All broken rules of one stack.

    Args:
        values: field -> value, of the fields that are valid by themselves.
    """
    aws, backups, secrets, database = (values.get(key) for key in ("aws", "backups", "secrets", "database"))
    entries = aws.secrets if isinstance(aws, Aws) else None
    # The backends are the settings' own business; here it is only whether there is something to read.
    if isinstance(secrets, Secrets) and str(secrets.backend) == "aws" and "aws" in values and entries is None:
        yield Problem(
            what="stratmaster:secrets.backend is aws, but without stratmaster:aws.secrets there are no entries.",
            mend='Set stratmaster:aws.secrets to {rotatedOn: "<today>"}, update, and then change the backend.',
        )
    if not isinstance(aws, Aws):
        return
    yield from _own_account(aws)
    yield from _commercial(aws)
    for key in aws.tags:
        if key.startswith(("aws:", "stratmaster:")):
            yield Problem(
                what=f"stratmaster:aws.tags has {key}, and tags that begin so are AWS' or the program's own.",
                mend="Name it otherwise.",
            )
    cluster = isinstance(database, FoundationDatabase) and database.mode == "cluster"
    if entries is not None and entries.database_users is not None and cluster:
        yield Problem(
            what="stratmaster:aws.secrets.databaseUsers is set, but stratmaster:database.mode is cluster, and "
            "CloudNativePG keeps one owner, whose password it changes itself.",
            mend="Remove it; users that take turns are for a database of your own.",
        )
    if isinstance(backups, Backups) and backups.endpoint is None:
        yield from _bucket(aws, backups)


def _own_account(aws: Aws) -> Iterator[Problem]:
    named = [(f"deployers.{index}", arn) for index, arn in enumerate(aws.deployers)]
    if aws.permissions_boundary is not None:
        named.append(("permissionsBoundary", aws.permissions_boundary))
    for key, arn in named:
        if f"::{aws.account_id}:" not in arn:
            yield Problem(
                what=f"stratmaster:aws.{key} is of another account than stratmaster:aws.accountId {aws.account_id}.",
                mend="Name one of that account.",
            )
    if aws.backups.replica_region == aws.region:
        yield Problem(
            what=f"stratmaster:aws.backups.replicaRegion is {aws.region}, where the bucket itself is.",
            mend="Name another region, or remove it.",
        )


def _commercial(aws: Aws) -> Iterator[Problem]:
    """ARNs are made from names (components/aws_names.py), and in China their partition is another one."""
    for key, region in (("region", aws.region), ("backups.replicaRegion", aws.backups.replica_region)):
        if region is not None and region.startswith("cn-"):
            yield Problem(
                what=f"stratmaster:aws.{key} is {region}, and the program makes ARNs of the partition aws only.",
                mend="Name a region outside of China and AWS GovCloud.",
            )


def _bucket(aws: Aws, backups: Backups) -> Iterator[Problem]:
    if not _BUCKET.fullmatch(backups.bucket):
        yield Problem(
            what=f"stratmaster:backups.bucket {backups.bucket} is no name that stratmaster:aws can make a bucket of.",
            mend="Use 3 to 55 small letters, digits and hyphens; it has to be new in the whole world.",
        )
    if backups.region != aws.region:
        yield Problem(
            what=f"stratmaster:backups.region is {backups.region}, but stratmaster:aws.region is {aws.region}.",
            mend="Give both the same region: the bucket is made there.",
        )
    for key, value in (("kmsKey", backups.kms_key), ("role", backups.role)):
        if value is not None:
            yield Problem(
                what=f"stratmaster:backups.{key} is set, but with stratmaster:aws the program makes its own.",
                mend="Remove it.",
            )
    if backups.retention_days < MIN_RETENTION_DAYS:
        yield Problem(
            what=f"stratmaster:backups.retentionDays is {backups.retention_days}, and with stratmaster:aws the bucket "
            f"locks a backup for {MIN_RETENTION_DAYS} days at the least.",
            mend=f"Set it to {MIN_RETENTION_DAYS} or more.",
        )
    elif aws.backups.cold_after_days >= backups.retention_days:
        yield Problem(
            what=f"stratmaster:aws.backups.coldAfterDays is {aws.backups.cold_after_days}, when backups end anyway "
            f"after stratmaster:backups.retentionDays, {backups.retention_days}.",
            mend="Set it to less.",
        )
