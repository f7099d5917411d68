"""Settings of what the foundation keeps at AWS: the backups' bucket, the jobs' roles, entries of Secrets Manager."""

from datetime import UTC, date, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from settings.values import Model, Text, Whole

MIN_RETENTION_DAYS: Final = 30
"""Days that a lock and the lifecycle keep a version at the least (facts.md C33, and the policy pack's own)."""
MAX_ROTATION_DAYS: Final = 90


def _day(value: object) -> object:
    # YAML takes an unquoted day for a moment, and the CLI hands that over as midnight in UTC.
    return value.removesuffix("T00:00:00Z") if isinstance(value, str) else value


def _in_the_calendar(value: str) -> str:
    date.fromisoformat(value)
    return value


Account = Annotated[Text, Field(pattern=r"^[0-9]{12}$")]
Region = Annotated[Text, Field(pattern=r"^[a-z]{2}-[a-z]+-[0-9]$")]
Issuer = Annotated[Text, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}(/[A-Za-z0-9._/-]+)?$", max_length=244)]
RoleArn = Annotated[Text, Field(pattern=r"^arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$")]
PolicyArn = Annotated[Text, Field(pattern=r"^arn:aws:iam::[0-9]{12}:policy/[A-Za-z0-9+=,.@_/-]+$")]
TagKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]{1,128}$")]
TagValue = Annotated[Text, Field(pattern=r"^[A-Za-z0-9 _.:/=+@-]{1,256}$")]
Day = Annotated[
    str, BeforeValidator(_day), Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_in_the_calendar)
]


def seconds(day: Day) -> int:
    """When a day began in UTC, in seconds since 1970, as Prometheus counts."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


class AwsBackups(Model):
    """How the backups' bucket keeps what is in it; its name, region and retention are those of `backups`."""

    object_lock: Annotated[
        Literal["governance", "compliance"],
        Field(description="governance, or compliance: then nobody, the account's root included, can end a lock early"),
    ] = "governance"
    cold_after_days: Annotated[Whole, Field(ge=1, description="days after which a backup is stored colder")] = 7
    replica_region: Annotated[Region | None, Field(description="a second region, for a copy of every backup")] = None
    log_days: Annotated[Whole, Field(ge=MIN_RETENTION_DAYS, description="for how many days access logs are kept")] = 90


class DatabaseUsers(Model):
    """Two database users that take turns, so that the password in use never changes."""

    active: Annotated[Literal["a", "b"], Field(description="a or b: whom applications log in as")] = "a"
    a: Annotated[Day, Field(description='"2026-11-23": the day on which user a gets a new password')]
    b: Annotated[Day, Field(description='"2026-11-23": the day on which user b gets a new password')]


class AwsSecrets(Model):
    """Entries of Secrets Manager for the foundation and its slots, one for each secret of the catalogue."""

    rotated_on: Annotated[Day, Field(description='"2026-11-23": another day makes every generated value anew')]
    rotate_after_days: Annotated[
        Whole, Field(ge=1, le=MAX_ROTATION_DAYS, description="after how many days an alert asks for new values")
    ] = MAX_ROTATION_DAYS
    by_hand: Annotated[
        dict[str, Day],
        Field(description="{<secret>: <the day you last put its value>}: the program never writes these"),
    ] = Field(default_factory=dict)
    values: Annotated[
        dict[str, dict[str, Text]],
        Field(description="{<secret>: {<key>: <value>}}: hosts, ports and names, which are no secrets"),
    ] = Field(default_factory=dict)
    database_users: Annotated[
        DatabaseUsers | None, Field(description="{active: a, a: <day>, b: <day>}: users that take turns")
    ] = None


class Aws(Model):
    """One account and region, and who may do what there."""

    account_id: Annotated[Account, Field(description='the account, in quotes: "123456789012"')]
    region: Annotated[Region, Field(description="the region, for example us-east-1")]
    oidc_issuer: Annotated[
        Issuer,
        Field(description="the cluster's issuer without https://, oidc.eks.<region>.amazonaws.com/id/<id>"),
    ]
    deployers: Annotated[
        tuple[RoleArn, ...],
        Field(min_length=1, description="the ARNs of the roles that run Pulumi: they write what the key encrypts"),
    ]
    permissions_boundary: Annotated[
        PolicyArn | None, Field(description="the ARN of the account's own boundary; the program's own when left out")
    ] = None
    tags: Annotated[dict[TagKey, TagValue], Field(description="{owner: platform}: tags beside the program's own")] = (
        Field(default_factory=dict)
    )
    backups: Annotated[AwsBackups, Field(description="{objectLock: compliance, replicaRegion: us-west-2}")] = (
        AwsBackups()
    )
    secrets: Annotated[AwsSecrets | None, Field(description='{rotatedOn: "2026-11-23"}; none when left out')] = None
