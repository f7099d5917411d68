"""The foundation with everything at AWS switched on, recorded once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, cast

from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from tests.stacks.recorded import run

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
ISSUER: Final = "oidc.eks.us-east-1.amazonaws.com/id/0A1B2C"
DEPLOYER: Final = f"arn:aws:iam::{ACCOUNT}:role/deploy"
BUCKET: Final = "stratmaster-backups-prod"
AWS: Final[Mapping[str, object]] = {
    "accountId": ACCOUNT,
    "region": REGION,
    "oidcIssuer": ISSUER,
    "deployers": [DEPLOYER],
    "tags": {"owner": "platform"},
    "backups": {"objectLock": "compliance", "replicaRegion": "us-west-2"},
    "secrets": {
        "rotatedOn": "2026-11-23",
        "byHand": {"external-api-keys": "2026-11-01"},
        "databaseUsers": {"active": "a", "a": "2026-11-23", "b": "2026-08-25"},
    },
}
DATA: Final[Mapping[str, object]] = {
    "operations": {"tag": "v1.2.3", "digest": "sha256:" + "a" * 64},
    "backups": {"bucket": BUCKET, "region": REGION, "retentionDays": 35},
}
ALL: Final[Mapping[str, object]] = {"aws": AWS, **DATA}


def changed(*path: str, to: object) -> dict[str, object]:
    """`ALL` with one setting under `aws` changed; None takes it out."""
    whole = cast("dict[str, object]", json.loads(json.dumps(ALL)))
    place = cast("dict[str, object]", whole["aws"])
    for step in path[:-1]:
        place = cast("dict[str, object]", place[step])
    place[path[-1]] = to
    if to is None:
        del place[path[-1]]
    return whole


def foundation(changes: Mapping[str, object]) -> Recording:
    recording = run("production", changes=changes)
    assert recording.error is None, recording.error
    return recording


@cache
def everything() -> Recording:
    """The foundation with `ALL`."""
    return foundation(ALL)


def at_aws(recording: Recording) -> Sequence[Resource]:
    """What is made at AWS."""
    return [each for each in recording.resources if each.type.startswith("aws:")]


def of(recording: Recording, name: str) -> Sequence[Resource]:
    """Resources of a type by its last part: `Bucket`."""
    return [each for each in at_aws(recording) if each.type.endswith(f":{name}")]
