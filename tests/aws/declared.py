"""The foundation with everything at AWS switched on, recorded once."""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, cast

from rehearsal.engine.program import Config
from rehearsal.engine.record import Known, Recording, record
from rehearsal.engine.resource import Resource
from tests.stacks.recorded import PROJECT, RANDOM, ROOT, run

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

PROGRAM: Final = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import pulumi
from components.aws.entry_values import refuse_unknown
from settings import FoundationSettings, load
from stacks import aws

settings = load()
assert isinstance(settings, FoundationSettings)
if settings.aws is not None:
    if settings.aws.secrets is not None:
        refuse_unknown(settings.aws.secrets)
    aws.keep(settings, settings.aws, pulumi.ResourceOptions())
"""
"""The foundation's own declarations, without what is on its cluster."""


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
    """What the foundation keeps at AWS; recorded without its cluster, which takes most of the time."""
    recording = kept(changes)
    assert recording.error is None, recording.error
    return recording


def kept(changes: Mapping[str, object]) -> Recording:
    """The same, also where it goes wrong."""
    return record(_project(), PROJECT, "production", config(changes), Known(random=RANDOM))


@cache
def _project() -> Path:
    folder = Path(mkdtemp(prefix="aws-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "Pulumi.yaml").write_text("name: stratmaster\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def config(changes: Mapping[str, object]) -> Config:
    """A foundation's config."""
    whole = {"role": "foundation", "environment": "production", **changes}
    texts = {
        f"stratmaster:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in whole.items()
    }
    return Config(values=texts, secret_keys=frozenset())


@cache
def everything() -> Recording:
    """What is kept with `ALL`."""
    return foundation(ALL)


@cache
def whole(stack: str) -> Recording:
    """A stack's whole program, where the foundation has `ALL` and every stack reads its secrets at AWS."""
    place = {"accountId": ACCOUNT, "region": REGION}
    slot = {"operations": DATA["operations"], "backups": {"bucket": BUCKET, "accountId": ACCOUNT}}
    changes = {**(ALL if stack == "production" else slot), "secrets": {"backend": "aws", "aws": place}}
    recording = run(stack, changes=changes)
    assert recording.error is None, recording.error
    return recording


def at_aws(recording: Recording) -> Sequence[Resource]:
    """What is made at AWS."""
    return [each for each in recording.resources if each.type.startswith("aws:")]


def of(recording: Recording, name: str) -> Sequence[Resource]:
    """Resources of a type by its last part: `Bucket`."""
    return [each for each in at_aws(recording) if each.type.endswith(f":{name}")]
