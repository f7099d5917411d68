"""The drill against its bounds, on databases of two sizes: `python -m benchmarks.drill [GIGABYTES GIGABYTES]`.

RTO at most 15 minutes for 10 GB, RPO at most 5 minutes (facts.md 5). Each database is archived as production's is
(`archive_timeout` 60 s) while clients write to it, and is lost at a moment that nothing was prepared for. The line
through both sizes says what 10 GB take. Server, S3 API and restore share this machine's cores.

A gigabyte asked for becomes 1.28; the defaults, 1 and 2.6 GB, take some six minutes, of which clients write for two to
three and most of the rest fills the databases and takes their physical backups.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from benchmarks.data import fill
from operations.drill import Drilled, drill_physical
from operations.physical import Archive
from tests.operations import archive
from tests.operations.bucket import ACCESS, Bucket, s3_server
from tests.operations.servers import PostgreSQL, installed

RTO, RPO, GIGABYTES = 900, 300, 10
TIMEOUT: Final = 60
"""Seconds: production's `archive_timeout` (components/database_cluster.py)."""
_WRITES: Final = "50"
"""Transactions a second: few enough that the timeout and not a full segment decides what is archived."""


def main(small: float, large: float) -> int:
    """Measure, print, and say by the exit code whether the bounds hold."""
    os.environ.update(ACCESS)
    with s3_server() as endpoint:
        first, second = (_said(_measure(endpoint, gigabytes)) for gigabytes in (small, large))
    a, b = fit(first, second)
    rows = (
        (f"RTO for {GIGABYTES} GB", a + b * GIGABYTES, RTO, f"seconds = {a:.1f} + {b:.1f} * GB"),
        ("RPO", max(first.rpo_seconds, second.rpo_seconds), RPO, f"the worse of both, archive_timeout {TIMEOUT} s"),
    )
    for name, seconds, bound, figures in rows:
        judged = "ok" if seconds <= bound else "MISSED"
        print(f"{name:24} {seconds / bound:5.2f} (bound 1) {judged}   {seconds:.0f} s of {bound} s; {figures}")
    return int(any(seconds > bound for _, seconds, bound, _ in rows))


def _said(one: Drilled) -> Drilled:
    """Print a drill as soon as it has ended: the next one takes minutes."""
    measured = f"RTO {one.rto_seconds:6.1f} s  RPO {one.rpo_seconds:5.1f} s"
    print(f"{one.database_bytes / 1e9:5.2f} GB  {measured}   {one.checked}", flush=True)
    return one


def fit(first: Drilled, second: Drilled) -> tuple[float, float]:
    """The line through both: seconds for nothing, and seconds a gigabyte."""
    sizes = [one.database_bytes / 1e9 for one in (first, second)]
    slope = (second.rto_seconds - first.rto_seconds) / (sizes[1] - sizes[0])
    return first.rto_seconds - slope * sizes[0], slope


def _measure(endpoint: str, gigabytes: float) -> Drilled:
    bucket = Bucket(name=f"bench-drill-{int(gigabytes * 1000)}", endpoint=endpoint)
    bucket.client.create_bucket(Bucket=bucket.name)
    version = 15 if installed(15) else 16  # the check is pg_amcheck's where the server has it
    with archive.archiving(bucket, version) as server:
        os.environ.update({**archive.environment(bucket, version), "POSTGRES_BIN": str(server.binaries)})
        _archive_by(server, "'/bin/true'")  # what is filled in comes with the physical backup
        fill(server, gigabytes)
        _archive_by(server, "DEFAULT")
        archive.base_backup(server, bucket)
        with _writing(server):
            time.sleep(TIMEOUT * random.uniform(1, 1.5))  # noqa: S311 - at any moment
            place = Archive(url=archive.url(bucket), server=archive.SERVER)
            return drill_physical(place, "stratmaster", bucket.environment(server.url()), print)


def _archive_by(server: PostgreSQL, command: str) -> None:
    server.sql(
        f"ALTER SYSTEM SET archive_command = {command}",
        f"ALTER SYSTEM SET archive_timeout = {TIMEOUT}",
        "SELECT pg_reload_conf()",
        "SELECT pg_switch_wal()",
    )


@contextmanager
def _writing(server: PostgreSQL) -> Generator[None]:
    """Clients that write all the while."""
    pgbench = [str(server.binaries / "pgbench"), "-n", "-c", "2", "-R", _WRITES, "-T", "3600"]
    load = subprocess.Popen(
        [*pgbench, "-h", str(server.home), "-U", "postgres", "stratmaster"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        load.kill()
        load.wait()


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:3] or ("0.8", "2.0"))))
