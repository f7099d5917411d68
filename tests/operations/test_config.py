"""The configuration's backup and restore, on a real API server, by the account and Role that stacks declare."""

from __future__ import annotations

import base64
import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyrage
import pytest

from components.release_values import NAME as VALUES
from operations.config import manifest as manifests
from operations.config.cluster import Object
from operations.config.envelope import unseal
from rehearsal.control_plane import ControlPlane
from tests.operations.bucket import Bucket
from tests.operations.config_cluster import CONTEXT, Configured, Job, config_map, configured, secret
from tests.operations.failing import refused
from tests.operations.running import Ended
from tests.operations.servers import PostgreSQL

PASSWORD = "hunter2-and-more"
KEY = pyrage.x25519.Identity.generate()
RECIPIENT = str(KEY.to_public())


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="config-") as folder:
        (Path(folder) / "key.txt").write_text(f"# made for this test\n{KEY}\n")
        yield Path(folder)


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane, home: Path) -> Configured:
    """Somebody's own objects beside Pulumi's, and a Secret that the Role doesn't name."""
    prefix = f"config-{secrets.token_hex(3)}"
    made = configured(control_plane.binary("kubectl"), control_plane.kubeconfig, prefix, home, RECIPIENT)
    production, blue, _ = made.namespaces
    made.apply(
        [
            config_map(production, "by-hand", {"colour": "red"}),
            secret(production, "redis-credentials-sealed", PASSWORD),
            secret(production, "not-named", PASSWORD),
            secret(blue, "jwt-secrets-sealed", PASSWORD),
        ]
    )
    return made


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """A backup that was taken before any test changed something.

    Attributes:
        ended: how.
        kept: what it holds, by kind, namespace and name.
    """

    job: Job
    ended: Ended
    kept: Mapping[str, Object]


@pytest.fixture(scope="module")
def backed_up(cluster: Configured, s3: str, server: PostgreSQL) -> BackedUp:
    bucket = Bucket(name=f"config-{secrets.token_hex(4)}", endpoint=s3)
    bucket.client.create_bucket(Bucket=bucket.name)
    job = Job(cluster, bucket, server, RECIPIENT)
    ended = job.backup()
    assert ended.code == 0, ended.error
    newest = manifests.all_of(bucket.store)[-1]
    kept: dict[str, Object] = {}
    for one in cast("list[Object]", json.loads(unseal(bucket.store.get(newest.file.key), [KEY]))["items"]):
        metadata = cast("dict[str, str]", one["metadata"])
        kept[f"{one['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = one
    return BackedUp(job=job, ended=ended, kept=kept)


@pytest.fixture
def job(backed_up: BackedUp) -> Job:
    return backed_up.job


def test_a_backup_holds_what_the_role_names_and_nobody_reads_it_without_the_key(backed_up: BackedUp) -> None:
    kept, job = backed_up.kept, backed_up.job
    production, blue, green = job.cluster.namespaces
    assert cast("Object", kept[f"ConfigMap {production}/by-hand"]["data"])["colour"] == "red"
    assert f"Namespace /{blue}" in kept
    assert f"NetworkPolicy {blue}/dns-egress" in kept
    assert "values.yaml" in cast("Object", kept[f"ConfigMap {blue}/{VALUES}"]["data"])
    for named in (f"Secret {production}/redis-credentials-sealed", f"Secret {blue}/jwt-secrets-sealed"):
        value = cast("dict[str, str]", kept[named]["data"])["password"]
        assert base64.b64decode(value).decode() == PASSWORD
    assert f"Secret {production}/not-named" not in kept
    assert not [key for key in kept if "kube-root-ca" in key]
    assert f"namespace {green} is not there" in backed_up.ended.output
    keys = job.bucket.keys()
    everything = b"".join(job.bucket.store.get(key) for key in keys)
    for words in (PASSWORD.encode(), base64.b64encode(PASSWORD.encode()), b"by-hand"):
        assert words not in everything
    assert PASSWORD not in backed_up.ended.output + backed_up.ended.error


def test_the_run_is_recorded_where_the_metrics_come_from(job: Job) -> None:
    rows = job.server.sql(
        "SELECT operation, verified, size_bytes > 0 FROM runs WHERE succeeded", database="stratmaster_operations"
    )
    assert ("backup-config", True, True) in rows


def test_a_backup_is_what_kubectl_applies(backed_up: BackedUp) -> None:
    document = {"apiVersion": "v1", "kind": "List", "items": list(backed_up.kept.values())}
    backed_up.job.cluster.run(
        "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-", given=document
    )


def test_what_is_missing_or_differs_comes_back_and_a_dry_run_only_says_so(job: Job) -> None:
    production = job.cluster.namespaces[0]
    job.cluster.run("delete", "secret", "redis-credentials-sealed", "-n", production)
    job.cluster.apply([config_map(production, "by-hand", {"colour": "blue"})])
    tried = job.restore("--dry-run")
    assert tried.code == 0, tried.error
    assert f"change  ConfigMap {production}/by-hand\n        data.colour: blue → red" in tried.output
    assert f"create  Secret {production}/redis-credentials-sealed" in tried.output
    assert cast("Object", job.cluster.get("configmap", production, "by-hand")["data"])["colour"] == "blue"
    done = job.restore()
    assert done.code == 0, done.error
    assert "1 to create, 1 to change" in done.output
    assert cast("Object", job.cluster.get("configmap", production, "by-hand")["data"])["colour"] == "red"
    value = cast("dict[str, str]", job.cluster.get("secret", production, "redis-credentials-sealed")["data"])[
        "password"
    ]
    assert base64.b64decode(value).decode() == PASSWORD
    assert "0 to create, 0 to change" in job.restore().output
    assert PASSWORD not in tried.output + done.output


def test_a_changed_secret_is_told_without_its_value(job: Job) -> None:
    production = job.cluster.namespaces[0]
    job.cluster.apply([secret(production, "redis-credentials-sealed", "another-value")])
    tried = job.restore("--dry-run", "--kind", "secret")
    assert f"change  Secret {production}/redis-credentials-sealed\n        data.password: differs" in tried.output
    for value in (PASSWORD, "another-value"):
        assert value not in tried.output
        assert base64.b64encode(value.encode()).decode() not in tried.output
    assert job.restore("--kind", "Secret").code == 0


def test_what_pulumi_owns_is_left_to_it_unless_told(job: Job) -> None:
    blue = job.cluster.namespaces[1]
    before = job.cluster.get("configmap", blue, VALUES)["data"]
    job.cluster.run("delete", "configmap", VALUES, "-n", blue)
    left = job.restore("--namespace", blue)
    refused(left, f"left to their owners, first ConfigMap {blue}/{VALUES}", "pulumi up")
    assert "pulumi-kubernetes-0123abcd owns it" in left.output
    assert job.restore("--namespace", blue, "--owned").code == 0
    back = job.cluster.get("configmap", blue, VALUES)
    assert back["data"] == before
    # Under Pulumi's own name: its next update meets no stranger's fields.
    fields = cast("dict[str, list[dict[str, str]]]", back["metadata"])
    job.cluster.run("get", "configmap", VALUES, "-n", blue, "--show-managed-fields", "-o", "name")
    assert "stratmaster.com/owner" not in json.dumps(fields)


def test_a_lost_namespace_comes_back_whole(backed_up: BackedUp) -> None:
    job = backed_up.job
    blue = job.cluster.namespaces[1]
    kept = [key for key in backed_up.kept if f" {blue}/" in key or key.endswith(f"/{blue}")]
    job.cluster.run("delete", "namespace", blue, "--wait=true")
    tried = job.restore("--namespace", blue, "--owned", "--dry-run")
    assert (tried.code, f"{len(kept)} to create" in tried.output) == (0, True), tried.output + tried.error
    done = job.restore("--namespace", blue, "--owned")
    assert done.code == 0, done.error
    # A controller makes the namespace's default account as soon as it is there: that one may be "the same" by then.
    assert f"{len(kept)} the same" in job.restore("--namespace", blue).output


def test_a_machine_reads_the_plan(job: Job) -> None:
    steps = json.loads(job.restore("--dry-run", "--json", "--kind", "ConfigMap").output)
    assert {step["act"] for step in steps} == {"same"}
    assert all(step["object"].startswith("ConfigMap ") for step in steps)


def test_the_wrong_key_opens_nothing(job: Job) -> None:
    other = job.cluster.home / "other.txt"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    refused(job.restore("--dry-run", "--key", str(other)), "can't be opened")
    refused(job.restore("--key", "/nowhere"), "/nowhere can't be read")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"BACKUP_RECIPIENTS": ""}, "BACKUP_RECIPIENTS is not set"),
        ({"BACKUP_RECIPIENTS": str(KEY)}, "recipient 1 of BACKUP_RECIPIENTS is no public key"),
        ({"KUBECONFIG": "/nowhere"}, "no cluster is named"),
    ],
)
def test_a_mistake_is_told_and_publishes_nothing(job: Job, variables: dict[str, str], said: str) -> None:
    before = job.bucket.keys()
    ended = job.backup(**variables)
    refused(ended, said)
    assert str(KEY) not in ended.error
    assert job.bucket.keys() == before


def test_outside_a_pod_the_current_context_is_not_taken_for_the_cluster(job: Job) -> None:
    before = job.bucket.keys()
    refused(job.restore("--context", ""), "which cluster?", "Add --context, one of the kubeconfig's: stratmaster, ")
    refused(job.restore("--context", "elsewhere"), "no cluster is named", "elsewhere", "stratmaster, ")
    job.context = ()
    try:
        refused(job.restore(), "which cluster?", "stratmaster, ")
        refused(job.backup(), "which cluster?", "stratmaster, ")
        refused(job.backup(KUBECONFIG="/nowhere"), "which cluster?", "there is none")
    finally:
        job.context = ("--context", CONTEXT)
    assert job.bucket.keys() == before


def test_a_namespace_without_its_role_is_a_mistake_and_not_a_smaller_backup(job: Job) -> None:
    blue, before = job.cluster.namespaces[1], job.bucket.keys()
    job.cluster.run("delete", "rolebinding", "-n", blue, "--all")
    try:
        refused(job.backup(), f"nothing in namespace {blue} may be listed", "stratmaster:backups")
        assert job.bucket.keys() == before
    finally:
        job.cluster.bind(blue)
