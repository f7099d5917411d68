"""The whole foundation at the rehearsal's AWS: each rule tried where moto enforces it, and the jobs as their roles.

moto reads no conditions, ACLs or public-access blocks (docs/aws.md); those are judged in `test_documents`.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import boto3
import pytest

from operations.environment import Environment
from operations.errors import OperationError
from operations.manifest import manifests_folder
from operations.store import Store
from rehearsal.engine.providers.aws_server import Place, endpoint
from rehearsal.engine.providers.aws_types import TYPES
from rehearsal.engine.providers.base import ProviderError
from tests.aws.declared import ACCOUNT, ALL, BUCKET, PROGRAM, REGION
from tests.aws.engine import Bench, ask, errors, ops

KEY: Final = "stratmaster/data/20261123T020000Z-0a1b2c3d/tables/00001.copy.zst"
WEST: Final = Place(account=ACCOUNT, region="us-west-2")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Everything brought up once; a preview first, which writes nothing."""
    bench = Bench(folder=tmp_path_factory.mktemp("kept"))
    (bench.folder / "Pulumi.yaml").write_text("name: stratmaster\nruntime: python\n")
    planned = bench.preview(PROGRAM, ALL)
    assert not planned.failed, errors(planned)
    assert not bench.state.exists()
    assert {step.type for step in planned.changes if step.type.startswith("aws:")} == set(TYPES)
    done = bench.up(PROGRAM, ALL)
    assert not done.failed, errors(done)
    assert len(ops(done)) > 150
    return bench


@pytest.fixture
def bucket(kept: Bench) -> Iterator[str]:
    """The backups' bucket without its policy, whose denials moto takes for ones without conditions."""
    del kept
    policy = ask("s3", "get_bucket_policy", Bucket=BUCKET)["Policy"]
    ask("s3", "delete_bucket_policy", Bucket=BUCKET)
    yield BUCKET
    ask("s3", "put_bucket_policy", Bucket=BUCKET, Policy=policy)


def test_what_is_declared_is_what_aws_has(kept: Bench) -> None:
    assert ask("s3", "get_object_lock_configuration", Bucket=BUCKET)["ObjectLockConfiguration"]["Rule"][
        "DefaultRetention"
    ] == {"Mode": "COMPLIANCE", "Days": 35, "Years": 0}
    copy = f"{BUCKET}-replica"
    assert ask("s3", "get_bucket_location", WEST, Bucket=copy)["LocationConstraint"] == "us-west-2"
    (rule,) = ask("s3", "get_bucket_replication", Bucket=BUCKET)["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["Bucket"] == f"arn:aws:s3:::{copy}"
    assert rule["DeleteMarkerReplication"] == {"Status": "Disabled"}
    role = ask("iam", "get_role", RoleName="stratmaster-production-stratmaster-backup")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("policy/stratmaster-production-boundary")
    entry = ask("secretsmanager", "get_secret_value", SecretId="stratmaster/blue/redis-credentials")
    password = json.loads(entry["SecretString"])["redis-password"]
    assert len(password) == 32
    assert password not in kept.state.read_text()


def test_an_object_is_encrypted_with_the_bucket_s_own_key_without_asking(bucket: str) -> None:
    written = ask("s3", "put_object", Bucket=bucket, Key="x", Body=b"x")
    key = ask("kms", "describe_key", KeyId="alias/stratmaster-production-backups")["KeyMetadata"]["Arn"]
    assert (written["ServerSideEncryption"], written["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_locked_version_is_deleted_by_nobody_and_a_deletion_hides_it_only(bucket: str) -> None:
    version = ask("s3", "put_object", Bucket=bucket, Key=KEY, Body=b"backup")["VersionId"]
    for bypass in (False, True):
        with pytest.raises(ProviderError, match="AccessDenied"):
            ask("s3", "delete_object", Bucket=bucket, Key=KEY, VersionId=version, BypassGovernanceRetention=bypass)
    ask("s3", "delete_object", Bucket=bucket, Key=KEY)
    with pytest.raises(ProviderError, match="NoSuchKey"):
        ask("s3", "get_object", Bucket=bucket, Key=KEY)
    assert ask("s3", "get_object", Bucket=bucket, Key=KEY, VersionId=version)["Body"].read() == b"backup"


def test_a_denial_in_the_bucket_s_policy_is_enforced(kept: Bench) -> None:
    del kept
    with pytest.raises(ProviderError, match="Forbidden"):
        ask("s3", "put_object", Bucket=BUCKET, Key="x", Body=b"x", ServerSideEncryption="AES256")


def test_access_logs_go_to_a_bucket_that_lets_them_in(kept: Bench) -> None:
    del kept
    for place, name in ((None, BUCKET), (WEST, f"{BUCKET}-replica")):
        where = place or Place(account=ACCOUNT, region=REGION)
        logging = ask("s3", "get_bucket_logging", where, Bucket=name)["LoggingEnabled"]
        assert logging["TargetBucket"] == f"stratmaster-production-access-logs-{ACCOUNT}-{where.region}"


@pytest.fixture
def as_role(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Store]]:
    """The store as a job finds it, by the role of its service account and with IAM enforced."""
    del bucket
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint())
    monkeypatch.setenv("AWS_REGION", REGION)
    names = ("backup", "prune", "drill")
    tokens: Mapping[str, Mapping[str, str]] = {
        name: ask(
            "sts",
            "assume_role_with_web_identity",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/stratmaster-production-stratmaster-{name}",
            RoleSessionName="pod",
            WebIdentityToken="a-token-of-the-cluster",
        )["Credentials"]
        for name in names
    }

    def store(name: str) -> Store:
        credentials = tokens[name]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", credentials["SessionToken"])
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would go on with the credentials that it found first
        return Store.of(Environment(variables={"BACKUP_BUCKET": BUCKET}))

    _enforce(from_request=0)
    yield store
    _enforce(from_request=1 << 40)


def _enforce(*, from_request: int) -> None:
    """Have moto ask IAM, from its so-manieth request on."""
    body, head = str(from_request).encode(), {"Content-Type": "text/plain"}
    place = f"{endpoint()}/moto-api/reset-auth"
    request = urllib.request.Request(place, data=body, headers=head, method="POST")  # noqa: S310 loopback
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10):
        pass


def test_the_jobs_own_code_does_its_work_as_its_role_and_cannot_do_another_s(
    as_role: Callable[[str], Store],
) -> None:
    """In parts and whole, reading, listing, deleting.

    Not the bucket's clock: moto asks for `s3:HeadBucket`, which AWS doesn't have; there it is `s3:ListBucket`.
    """
    backup = as_role("backup")
    manifest = f"{manifests_folder('stratmaster')}20261123T020000Z-0a1b2c3d.json"
    with backup.upload(KEY) as upload:
        upload.write(b"x" * (9 << 20))
    backup.put(manifest, b"{}")
    assert backup.get(manifest) == b"{}"
    assert [key for key, _ in backup.listed(manifests_folder("stratmaster"))] == [manifest]
    with pytest.raises(OperationError):
        backup.delete([KEY])
    drill = as_role("drill")
    assert len(drill.get(KEY)) == 9 << 20
    with pytest.raises(OperationError):
        drill.put("stratmaster/data/y", b"x")
    pruner = as_role("prune")
    assert pruner.get(manifest) == b"{}"
    with pytest.raises(OperationError):
        pruner.get(KEY)
    with pytest.raises(OperationError):
        pruner.put("stratmaster/data/y", b"x")
    pruner.delete([manifest, KEY])
    assert pruner.listed("stratmaster/") == []


def test_a_second_up_changes_nothing_and_a_change_finds_all_that_was_there(kept: Bench) -> None:
    """The last test of the file: it brings everything up anew."""
    assert ops(kept.preview(PROGRAM, ALL)) == {}
    longer = {**ALL, "backups": {"bucket": BUCKET, "region": REGION, "retentionDays": 40}}
    changed = kept.up(PROGRAM, longer)
    assert not changed.failed, errors(changed)
    expected = {f"{name}-{part}" for name in ("backups", "replica") for part in ("lifecycle", "lock")}
    assert ops(changed) == dict.fromkeys(expected, "update")
    lock = ask("s3", "get_object_lock_configuration", Bucket=BUCKET)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Days"] == 40
