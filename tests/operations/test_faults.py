"""Whatever goes wrong: nothing half-done is published, no good backup is lost, and two lines say what to do."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from tests.operations.bucket import Bucket
from tests.operations.failing import published, refused
from tests.operations.faulty import Fault, faulty_s3
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "2"))
"""How often a backup is killed; a soak says more."""


@pytest.fixture
def own_scratch() -> Generator[Path]:
    """A folder for scratch servers. One whose job is killed outlives it here, as it doesn't in a pod: end it."""
    with tempfile.TemporaryDirectory(prefix="scratch-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        for file in Path(folder).glob("*/data/postmaster.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
        time.sleep(0.5)


def test_a_backup_killed_at_any_moment_publishes_nothing_and_spares_the_good_one(
    command: Command, filled: PostgreSQL, own_scratch: Path
) -> None:
    assert command("backup").code == 0
    good = command.bucket.manifests()
    told = Command(server=filled, bucket=command.bucket, variables={"TMPDIR": str(own_scratch)})
    for _ in range(ROUNDS):
        process = told.begin("backup")
        time.sleep(random.uniform(0.5, 4))  # noqa: S311 - at any moment
        process.kill()
        process.communicate()
        left = command.bucket.manifests()
        assert set(good) <= set(left)
        good = left  # one that had already been published when it was killed counts
    assert command("verify", "--latest").code == 0
    assert filled.sql("SELECT count(*) FROM t") == [(200000,)]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.WRONG_KEY])
def test_an_api_that_fails_now_and_then_is_asked_again(command: Command, filled: PostgreSQL, fault: Fault) -> None:
    with faulty_s3(command.bucket.endpoint, fault, every=4) as endpoint:
        told = Command(server=filled, bucket=command.bucket, variables={"AWS_ENDPOINT_URL_S3": endpoint})
        ended = told("backup")
        assert (ended.code, ended.error) == (0, "")
    assert command("verify", "--latest").code == 0


@pytest.mark.parametrize("fault", [Fault.INTERNAL_ERROR, Fault.SLOW_DOWN])
def test_an_api_that_always_fails_publishes_nothing(command: Command, filled: PostgreSQL, fault: Fault) -> None:
    with faulty_s3(command.bucket.endpoint, fault, every=1) as endpoint:
        told = Command(server=filled, bucket=command.bucket, variables={"AWS_ENDPOINT_URL_S3": endpoint})
        refused(told("backup"), "can't be reached")
    assert command.bucket.keys() == []


def test_a_key_that_may_not_be_used_is_named_at_once_and_publishes_nothing(
    command: Command, filled: PostgreSQL
) -> None:
    with faulty_s3(command.bucket.endpoint, Fault.WRONG_KEY, every=1) as endpoint:
        variables = {"AWS_ENDPOINT_URL_S3": endpoint, "BACKUP_KMS_KEY": "alias/no-such-key"}
        told = Command(server=filled, bucket=command.bucket, variables=variables)
        refused(told("backup"), "is refused: KMS.NotFoundException", "may use the KMS key")
    assert command.bucket.keys() == []
    assert command.bucket.unfinished() == 0


def test_a_server_restarted_in_the_middle_publishes_nothing(command: Command, filled: PostgreSQL) -> None:
    blocker = psycopg.connect(filled.url())
    blocker.execute("LOCK TABLE small IN ACCESS EXCLUSIVE MODE")  # so that the backup is still at it
    process = command.begin("backup")
    try:
        time.sleep(3)
        filled.stop("immediate")
        _, error = process.communicate(timeout=120)
    finally:
        filled.start()
    assert process.returncode == 1
    assert "error: " in error
    assert command.bucket.manifests() == []


@pytest.mark.usefixtures("filled")
def test_two_backups_at_once_are_two_backups(command: Command) -> None:
    both = [command.begin("backup") for _ in range(2)]
    assert [process.wait(timeout=200) for process in both] == [0, 0]
    for process in both:
        process.communicate()
    assert len(command.bucket.manifests()) == 2
    assert len({manifest.id for manifest in published(command.bucket)}) == 2


def test_no_room_on_the_disk_is_told_and_publishes_nothing(command: Command, filled: PostgreSQL) -> None:
    with tempfile.TemporaryDirectory(prefix="full-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False)
        if mounted.returncode != 0:
            pytest.skip("needs the right to mount")
        try:
            told = Command(server=filled, bucket=command.bucket, variables={"TMPDIR": folder})
            refused(told("backup"))
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
    assert command.bucket.manifests() == []


def test_a_bucket_that_is_not_there_is_named(command: Command, filled: PostgreSQL) -> None:
    told = Command(server=filled, bucket=command.bucket, variables={"BACKUP_BUCKET": "no-such-bucket"})
    refused(told("backup"), "there is no bucket no-such-bucket", "BACKUP_BUCKET")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"POSTGRES_URL": ""}, "POSTGRES_URL is not set"),
        ({"POSTGRES_URL": "mysql://x"}, "POSTGRES_URL is no PostgreSQL URL"),
        ({"POSTGRES_URL": "postgresql://postgres:hunter2@127.0.0.1:1/stratmaster"}, "no connection to stratmaster"),
        ({"BACKUP_BUCKET": ""}, "BACKUP_BUCKET is not set"),
        ({"BACKUP_WORKERS": "none"}, "BACKUP_WORKERS is 'none'"),
        ({"POSTGRES_BIN": "/nowhere"}, "pg_dump is not in /nowhere"),
    ],
)
def test_a_mistake_is_told_in_two_lines_without_the_password(
    command: Command, variables: dict[str, str], said: str
) -> None:
    ended = Command(server=command.server, bucket=command.bucket, variables=variables)("backup")
    refused(ended, said)
    assert "hunter2" not in ended.error + ended.output


def test_a_client_older_than_the_server_is_refused(bucket: Bucket) -> None:
    from tests.operations.servers import BINARIES, postgresql  # noqa: PLC0415

    with postgresql(18) as server:
        server.sql("CREATE DATABASE stratmaster", database="postgres")
        told = Command(server=server, bucket=bucket, variables={"POSTGRES_BIN": str(BINARIES[16])})
        refused(told("backup"), "pg_dump 16 is older than the server, which is PostgreSQL 18")


def test_a_table_under_change_is_not_waited_for_forever(
    database: PostgreSQL, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from operations import backup, dumping  # noqa: PLC0415
    from operations.errors import OperationError  # noqa: PLC0415

    monkeypatch.setattr(backup, "LOCK_TIMEOUT", "300ms")
    monkeypatch.setattr(dumping, "LOCK_TIMEOUT", "300ms")
    monkeypatch.setenv("POSTGRES_BIN", str(database.binaries))
    database.sql("CREATE TABLE busy (id int)")
    with psycopg.connect(database.url()) as holder:
        holder.execute("LOCK TABLE busy IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationError, match="lock timeout"):
            backup.back_up(database.at(), command.bucket.store, workers=2, proof=None)
    assert command.bucket.keys() == []


def test_memory_does_not_grow_with_the_table(database: PostgreSQL, command: Command) -> None:
    database.sql("CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 30) AS said FROM generate_series(1, 150000) n")
    peak = 0
    process = command.begin("backup")
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        except OSError:
            break
        peak = max(peak, int(found.group(1)) if found else 0)
        time.sleep(0.05)
    _, error = process.communicate()
    assert process.returncode == 0, error
    assert peak < 200 * 1024, f"{peak} kB"
