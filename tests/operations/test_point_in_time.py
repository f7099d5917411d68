"""Any moment can be had again: everything before it is there, nothing after it is."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from operations import physical
from operations.errors import OperationError
from operations.physical import BaseBackup, Target
from operations.scratch import provide
from tests.operations import archive
from tests.operations.bucket import Bucket
from tests.operations.running import Command
from tests.operations.servers import USER, PostgreSQL


@pytest.fixture
def wide() -> Generator[Path]:
    """A folder that the server's user may enter, which pytest's own aren't."""
    with tempfile.TemporaryDirectory(prefix="wide-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def start(server: PostgreSQL, data: Path, home: Path) -> None:
    """Start a server on restored data, with a socket of its own."""
    provide(home)
    subprocess.run(
        [
            *(str(server.binaries / "pg_ctl"), "-D", str(data), "-l", str(home / "log"), "-w", "-t", "120", "start"),
            *("-o", f"-k {home} -c archive_mode=off"),
        ],
        check=True,
        user=USER,
        cwd=home,
        capture_output=False,
        stdout=subprocess.DEVNULL,
    )


def test_a_killed_server_comes_back_to_a_chosen_transaction_moment_or_restore_point(bucket: Bucket, wide: Path) -> None:
    with archive.archiving(bucket) as server:
        command = Command(server=server, bucket=bucket, variables=archive.environment(bucket))
        server.sql("CREATE TABLE marks (n int PRIMARY KEY, xid xid8 DEFAULT pg_current_xact_id())")
        bench = ["-h", str(server.home), "-U", "postgres", "stratmaster"]
        subprocess.run([str(server.binaries / "pgbench"), "-i", "-q", *bench], check=True, capture_output=True)
        archive.base_backup(server, bucket)
        load = subprocess.Popen(
            [str(server.binaries / "pgbench"), "-n", "-c", "2", "-R", "100", "-T", "60", *bench],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        chosen = random.randrange(5, 35)  # noqa: S311 - which one is all the same
        targets = _marked(server, chosen)
        server.sql("SELECT pg_switch_wal()")
        _wait_until_archived(server)
        server.kill()
        load.kill()
        load.wait()
        for option, value in targets.items():
            assert _restored(command, wide / option.strip("-"), option, value) == list(range(chosen + 1)), option


def _marked(server: PostgreSQL, chosen: int) -> dict[str, str]:
    """Write 40 marks, and say in each way that there is how to come back to the moment after the chosen one."""
    targets: dict[str, str] = {}
    for number in range(40):
        server.sql("INSERT INTO marks (n) SELECT coalesce(max(n) + 1, 0) FROM marks")
        if number == chosen:
            targets["--to-time"] = str(server.sql("SELECT clock_timestamp()::text")[0][0])
            server.sql("SELECT pg_create_restore_point('chosen')")
            targets["--to-name"] = "chosen"
            targets["--to-xid"] = str(server.sql("SELECT xid::text FROM marks ORDER BY n DESC LIMIT 1")[0][0])
        time.sleep(0.02)
    return targets


def _restored(command: Command, place: Path, option: str, value: str) -> list[object]:
    """The marks of a server that was restored to a target, in a folder of its own that goes again."""
    place.mkdir()
    place.chmod(0o755)
    data, home, server = place / "data", place / "home", command.server
    home.mkdir()
    ended = command("restore", option, value, "--into", str(data))
    assert (ended.code, ended.error) == (0, "")
    with archive.pytest_environment(command.bucket):
        start(server, data, home)
    restored = PostgreSQL(server.version, home)
    restored.data = data
    try:
        _wait_until_promoted(restored)
        return [number for (number,) in restored.sql("SELECT n FROM marks ORDER BY n")]
    finally:
        restored.stop("immediate")
        shutil.rmtree(data, ignore_errors=True)


def test_a_drill_measures_how_long_it_takes_and_how_much_would_be_lost(bucket: Bucket) -> None:
    with archive.archiving(bucket) as server:
        command = Command(server=server, bucket=bucket, variables=archive.environment(bucket))
        assert command("migrate").code == 0
        archive.base_backup(server, bucket)
        server.sql("CREATE TABLE later AS SELECT generate_series(1, 1000) AS n", "SELECT pg_switch_wal()")
        _wait_until_archived(server)
        ended = command("drill")
        assert (ended.code, ended.error) == (0, "")
        runs = server.sql(
            "SELECT succeeded, verified, (detail ->> 'rpo_seconds')::float8 < 300,"
            " (detail ->> 'rto_seconds')::float8 > 0 FROM runs WHERE operation = 'drill'",
            database="stratmaster_operations",
        )
    assert runs == [(True, True, True, True)]
    assert "a random position in the archive" in ended.output


def test_without_an_archive_a_drill_restores_the_newest_full_backup(command: Command, database: PostgreSQL) -> None:
    database.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
    assert command("backup").code == 0
    ended = command("drill")
    assert (ended.code, ended.error) == (0, "")
    assert "1000 rows in 1 tables read" in ended.output or "pg_amcheck has nothing against" in ended.output
    assert "RTO " in ended.output


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target(), "second"),
        (Target(kind="time", value="2026-01-01T12:00:00+00:00"), "first"),
        (Target(kind="time", value="2026-01-03T00:00:00+00:00"), "second"),
        (Target(kind="lsn", value="0/1500000"), "first"),
        (Target(kind="xid", value="700"), "first"),
    ],
)
def test_the_backup_is_the_newest_from_which_the_moment_can_be_reached(target: Target, expected: str) -> None:
    made = [
        BaseBackup(id=name, ended=physical.aware(f"2026-01-0{day}T00:00:00+00:00"), end_lsn=lsn)
        for name, day, lsn in (("first", 1, "0/1000000"), ("second", 2, "0/2000000"))
    ]
    assert physical.chosen(made, target).id == expected


def test_a_moment_before_the_oldest_backup_is_refused() -> None:
    made = [BaseBackup(id="first", ended=physical.aware("2026-01-01T00:00:00+00:00"), end_lsn="0/1000000")]
    with pytest.raises(OperationError, match="no physical backup was whole at 2025"):
        physical.chosen(made, Target(kind="time", value="2025-12-31T00:00:00+00:00"))


def _wait_until_archived(server: PostgreSQL) -> None:
    """Until the segment of everything that is committed by now is in the archive."""
    ((wanted,),) = server.sql("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
    for _ in range(300):
        if str(server.sql("SELECT last_archived_wal FROM pg_stat_archiver")[0][0]) >= str(wanted):
            return
        server.sql("SELECT pg_switch_wal()")
        time.sleep(0.2)
    raise TimeoutError


def _wait_until_promoted(server: PostgreSQL) -> None:
    _wait(server, "SELECT NOT pg_is_in_recovery()")


def _wait(server: PostgreSQL, query: str) -> None:
    for _ in range(600):
        if server.sql(query) == [(True,)]:
            return
        time.sleep(0.1)
    raise TimeoutError(query)
