"""Settings of what holds data: the database, the cache, their backups, and the image that looks after them."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from settings.aws import Account
from settings.values import Bytes, Digest, Flag, Hostname, Model, Name, Repository, Tag, Text, Url, Whole


def _no_private_key(value: object) -> object:
    # Before the pattern is asked: what breaks that is shown in the error, and CI keeps its logs.
    if isinstance(value, str) and value.strip().upper().startswith("AGE-SECRET-KEY-"):
        raise ValueError("is a private key: take that for known, and give the age1... of a new one")
    return value


PublicKey = Annotated[Text, BeforeValidator(_no_private_key), Field(pattern=r"^age1[ac-hj-np-z02-9]{58}$")]
"""age's, which encrypts and can't decrypt. A private key begins otherwise, so none can stand here by mistake."""


class OperationsImage(Model):
    """The image with `python -m operations`, by which migrations, backups and upkeep run."""

    repository: Annotated[Repository, Field(description="registry and name in small letters, without a tag")] = (
        "ghcr.io/iamjonobo/stratmaster-operations"
    )
    tag: Annotated[Tag, Field(description="a version such as v1.2.3, never latest")]
    digest: Annotated[Digest | None, Field(description="sha256:<64 hexadecimal digits> of that image")] = None

    def __str__(self) -> str:
        """As it stands in a pod."""
        return f"{self.repository}:{self.tag}" + (f"@{self.digest}" if self.digest else "")


class Pooler(Model):
    """PgBouncer before the database, for applications; jobs go to the database itself."""

    instances: Annotated[Whole, Field(ge=1, description="pods")] = 3
    pool_size: Annotated[Whole, Field(ge=1, description="server connections of one pod at the most")] = 25


def _moment(value: str) -> str:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"is {value}, which is no moment") from None
    if found.tzinfo is None:
        raise ValueError(f"is {value}, which doesn't say in which time zone")
    return value


Moment = Annotated[Text, AfterValidator(_moment), Field(description="2024-12-20T10:00:00Z")]


class PastRecovery(Model):
    """A cluster that was made from the archive as the database was at a moment."""

    to_time: Annotated[Moment, Field(description="2024-12-20T10:00:00Z: everything before is there, nothing after is")]
    source: Annotated[
        Name | None,
        Field(description="whose archive: postgres, the first cluster, when left out; or postgres-<moment>"),
    ] = None

    @property
    def moment(self) -> datetime:
        """The moment, in UTC."""
        return datetime.fromisoformat(self.to_time).astimezone(UTC)

    @property
    def stamp(self) -> str:
        """The moment in the cluster's name: 20241220t100000."""
        return self.moment.strftime("%Y%m%dt%H%M%S")


class Recovery(PastRecovery):
    """The newest recovery, and what it means for the clusters before it."""

    serve: Annotated[
        Flag,
        Field(description="false makes the cluster and leaves the name `postgres` with the one before: the way back"),
    ] = True
    original_lost: Annotated[
        Flag,
        Field(description="true where the first cluster is gone with its volumes and isn't to be made again, empty"),
    ] = False
    earlier: Annotated[
        tuple[PastRecovery, ...], Field(description="[{toTime: ...}]: recoveries before this one, kept; the last first")
    ] = ()


class FoundationDatabase(Model):
    """PostgreSQL: one of your own, or a cluster that CloudNativePG runs."""

    mode: Annotated[Literal["external", "cluster"], Field(description="external, or cluster")]
    host: Annotated[Hostname | None, Field(description="the server's name, in mode external")] = None
    instances: Annotated[Whole, Field(ge=1, description="instances in mode cluster (facts.md 3.1: 3)")] = 3
    storage: Annotated[Bytes, Field(description="the volume of each instance (facts.md 3.1: 100Gi)")] = "100Gi"
    storage_class: Annotated[Name, Field(description="the class of those volumes")] = "fast-ssd"
    max_connections: Annotated[Whole, Field(ge=20, description="the server's max_connections (facts.md 3.1: 200)")] = (
        200
    )
    pooler: Annotated[Pooler | None, Field(description="{instances: 3, poolSize: 25}; none when left out")] = None

    recovery: Annotated[
        Recovery | None, Field(description="{toTime: 2024-12-20T10:00:00Z}: the database as it was, in a new cluster")
    ] = None

    @property
    def recoveries(self) -> tuple[PastRecovery, ...]:
        """Those whose clusters there are, the newest first."""
        return (self.recovery, *self.recovery.earlier) if self.recovery else ()

    @property
    def serving(self) -> PastRecovery | None:
        """The recovery that serves, or None for the first cluster."""
        if self.recovery is None or self.recovery.serve:
            return self.recovery
        return next(iter(self.recovery.earlier), None)

    @model_validator(mode="after")
    def _recoverable(self) -> Self:
        recovery = self.recovery
        if recovery is None:
            return self
        if self.mode == "external":
            msg = "recovery is for mode cluster; for a server of your own run `operations restore --to-time`"
            raise ValueError(msg)
        stamps = [each.stamp for each in self.recoveries]
        if len({*stamps}) != len(stamps):
            msg = "recovery names a moment twice: each has a cluster of its own"
            raise ValueError(msg)
        known = {"postgres", *(f"postgres-{stamp}" for stamp in stamps)}
        for each in self.recoveries:
            if each.source not in {None, *known} - {f"postgres-{each.stamp}"}:
                msg = f"recovery names the source {each.source}, but there are {', '.join(sorted(known))}"
                raise ValueError(msg)
        if recovery.original_lost and self.serving is None:
            msg = "recovery.serve is false and originalLost true: then no cluster is left to serve"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.mode == "external" and self.host is None:
            msg = "mode external needs host, the server's name"
            raise ValueError(msg)
        if self.mode == "cluster" and self.host is not None:
            msg = "host is for mode external: a cluster's name is its own"
            raise ValueError(msg)
        pooled = self.pooler.instances * self.pooler.pool_size if self.pooler else 0
        allowed = self.max_connections * 80 // 100
        if self.mode == "cluster" and pooled > allowed:
            msg = f"the pooler can open {pooled} connections, above {allowed}, 80 % of maxConnections"
            raise ValueError(msg)
        return self


class BackupPlace(Model):
    """Where backups are, and who asks for them there."""

    bucket: Annotated[Name, Field(description="the bucket (facts.md C33)")] = "stratmaster-backups-prod"
    prefix: Annotated[str, Field(pattern=r"^[a-z0-9/-]*$", description="what its keys begin with")] = ""
    region: Annotated[Name, Field(description="the bucket's region (facts.md C33)")] = "us-east-1"
    endpoint: Annotated[Url | None, Field(description="of an S3 API that isn't AWS")] = None
    kms_key: Annotated[Text | None, Field(description="the KMS key that the bucket encrypts with")] = None
    role: Annotated[Text | None, Field(description="one AWS role for all jobs (IRSA)")] = None
    account_id: Annotated[
        Account | None,
        Field(description="the AWS account where each job has a role of its own, as stratmaster:aws makes"),
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.role and self.account_id:
            msg = "role is one role for all jobs, accountId says that each has its own: give one of them"
            raise ValueError(msg)
        return self


class Backups(BackupPlace):
    """Where backups go, and for how long they stay."""

    scratch: Annotated[Bytes, Field(description="the drill's disk, with room for the whole database")] = "100Gi"
    scratch_class: Annotated[Name, Field(description="the class of that disk")] = "fast-ssd"
    retention_days: Annotated[Whole, Field(ge=1, description="for how many days a backup is kept")] = 30
    config_recipients: Annotated[
        tuple[PublicKey, ...],
        Field(description="[age1...]: who can open the backup of the configuration; keep the private keys elsewhere"),
    ] = ()


class Cache(Model):
    """Redis: a cache, so one replica without a disk, whose loss costs some time and no data."""

    memory: Annotated[Bytes, Field(description="what the cache may hold (facts.md 2.6: 2Gi)")] = "2Gi"
