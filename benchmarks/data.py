"""Backups and restores against the guide's own, as ratios in one run: `python -m benchmarks.data [GIGABYTES]`.

The guide's way is `pg_dump | gzip` and `gunzip | psql`. Bounds: a backup in at most 0.4 of the time and not larger, a
restore in at most 0.5, memory flat at 200 MB. The S3 API runs beside it on the same cores and its time is in ours.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from operations import databases, loading
from operations.backup import back_up
from operations.manifest import Manifest
from operations.proving import restores_in_part
from tests.operations.bucket import ACCESS, Bucket, s3_server
from tests.operations.servers import PostgreSQL, postgresql

BACKUP, RESTORE, MEMORY = 0.4, 0.5, 200 << 20
WORKERS: Final = 3
ROWS: Final = """
CREATE TABLE approval_workflows (id uuid PRIMARY KEY, tenant_id text NOT NULL, title text NOT NULL,
    status text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL);
INSERT INTO approval_workflows SELECT gen_random_uuid(), 'tenant-' || n % 50, 'Approve strategy brief ' || n,
    (array['pending', 'approved', 'rejected'])[1 + n % 3], jsonb_build_object('score', random(), 'owner',
    'user' || n % 5000, 'hash', md5(n::text), 'notes', repeat('lorem ipsum ', n % 7)), now() - n * interval '1 s'
    FROM generate_series(1, {rows}) n;
CREATE INDEX idx_approval_workflows_status_tenant ON approval_workflows (status, tenant_id);
CREATE INDEX idx_approval_workflows_created_at ON approval_workflows (created_at);
CREATE TABLE audit_logs (id bigserial PRIMARY KEY, actor text, event_type text, detail jsonb, logged_at timestamptz);
INSERT INTO audit_logs (actor, event_type, detail, logged_at) SELECT 'user' || n % 5000, 'update',
    jsonb_build_object('before', md5(random()::text), 'after', md5(random()::text)), now() - n * interval '1 s'
    FROM generate_series(1, {rows}) n;
CREATE INDEX idx_audit_logs_logged_at ON audit_logs (logged_at);
CREATE INDEX idx_audit_logs_actor ON audit_logs (actor, event_type);
"""


def main(gigabytes: float) -> int:
    """Measure, print, and say by the exit code whether the bounds hold."""
    os.environ.update(ACCESS)
    with s3_server() as endpoint, postgresql(16, {"shared_buffers": "1GB"}) as server:
        bucket = Bucket(name="bench-data", endpoint=endpoint)
        bucket.client.create_bucket(Bucket=bucket.name)
        os.environ["POSTGRES_BIN"] = str(server.binaries)
        server.sql("CREATE DATABASE stratmaster", database="postgres")
        fill(server, gigabytes)
        size = server.sql("SELECT pg_database_size('stratmaster')")[0][0]
        print(f"database of {int(str(size)) / 1e9:.2f} GB, {WORKERS} workers, {os.cpu_count()} cores")
        with tempfile.TemporaryDirectory() as folder:
            return _race(server, bucket, Path(folder) / "guide.sql.gz")


def fill(server: PostgreSQL, gigabytes: float) -> None:
    """Fill a database with rows like StratMaster's, and pgbench's."""
    pgbench = [str(server.binaries / "pgbench"), "-i", "-q", "-s", str(int(40 * gigabytes))]
    connection = ["-h", str(server.home), "-U", "postgres", "stratmaster"]
    subprocess.run([*pgbench, *connection], check=True, capture_output=True)
    server.sql(ROWS.format(rows=int(1_200_000 * gigabytes)), "VACUUM ANALYZE", "CHECKPOINT")


def _race(server: PostgreSQL, bucket: Bucket, file: Path) -> int:
    tools = server.binaries
    guide_backup = _shell(f"{tools}/pg_dump -d '{server.url()}' | gzip > {file}")
    begun = time.monotonic()
    manifest = back_up(
        server.at(),
        bucket.store,
        workers=WORKERS,
        proof=lambda taken: restores_in_part(bucket.store, WORKERS, taken),
    )
    ours_backup = time.monotonic() - begun
    server.sql("CREATE DATABASE guide", database="postgres")
    guide_restore = _shell(f"gunzip -c {file} | {tools}/psql -q -d '{server.url('guide')}' > {os.devnull}")
    server.sql("DROP DATABASE guide", database="postgres")
    ours_restore = _restore(server, bucket, manifest)
    size = manifest.stored_bytes / file.stat().st_size
    peak = _peak()
    rows: Sequence[tuple[str, float, float, str]] = (
        ("backup, proof included", ours_backup / guide_backup, BACKUP, f"{ours_backup:.1f} s of {guide_backup:.1f} s"),
        ("size", size, 1.0, f"{manifest.stored_bytes / 1e6:.0f} MB of {file.stat().st_size / 1e6:.0f} MB"),
        ("restore", ours_restore / guide_restore, RESTORE, f"{ours_restore:.1f} s of {guide_restore:.1f} s"),
        ("memory", peak / MEMORY, 1.0, f"{peak / 2**20:.0f} MiB of {MEMORY >> 20} MiB"),
    )
    for name, ratio, bound, figures in rows:
        print(f"{name:24} {ratio:5.2f} (bound {bound}) {'ok' if ratio <= bound else 'MISSED'}   {figures}")
    return int(any(ratio > bound for _, ratio, bound, _ in rows))


def _restore(server: PostgreSQL, bucket: Bucket, manifest: Manifest) -> float:
    begun = time.monotonic()
    with server.at("postgres").connect() as connection:
        databases.create(connection, "ours", manifest.full.properties)
    loading.load(loading.Load(store=bucket.store, manifest=manifest, server=server.at("ours"), workers=WORKERS))
    return time.monotonic() - begun


def _shell(pipeline: str) -> float:
    begun = time.monotonic()
    subprocess.run(["bash", "-o", "pipefail", "-c", pipeline], check=True)
    return time.monotonic() - begun


def _peak() -> int:
    """This process's largest resident set, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
