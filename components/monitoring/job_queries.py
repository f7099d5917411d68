"""The queries that turn the table of runs into metrics, word for word those of `operations/exporter.py`.

The program can't import what runs inside the cluster; a test compares both.
"""

from collections.abc import Mapping
from typing import Final

from components.monitoring.job_metrics import OPERATION
from components.monitoring.postgres_queries import Query

DATABASE_SUFFIX: Final = "_operations"
"""What the name of the database with the table of runs ends with."""

_OPERATIONS: Final = (
    "backup",
    "backup-plain",
    "backup-schema",
    "backup-config",
    "verify",
    "prune",
    "drill",
    "restore",
    "migrate",
    "maintain",
)
_JOB_COLUMNS: Final = (
    "last_success_timestamp_seconds",
    "last_failure_timestamp_seconds",
    "last_duration_seconds",
    "last_size_bytes",
    "last_verified",
)
_DRILL_COLUMNS: Final = ("rto_seconds", "rpo_seconds", "database_bytes")

_JOBS: Final = """
SELECT o.operation,
       coalesce(extract(epoch FROM good.finished_at), 0)::float8 AS last_success_timestamp_seconds,
       coalesce(extract(epoch FROM bad.failed_at), 0)::float8 AS last_failure_timestamp_seconds,
       coalesce(extract(epoch FROM good.finished_at - good.started_at), 0)::float8 AS last_duration_seconds,
       coalesce(good.size_bytes, 0)::float8 AS last_size_bytes,
       coalesce(good.verified, false)::int::float8 AS last_verified
FROM (VALUES {operations}) AS o (operation)
LEFT JOIN LATERAL (SELECT * FROM public.runs r WHERE r.operation = o.operation AND r.succeeded
                   ORDER BY r.started_at DESC LIMIT 1) AS good ON true
LEFT JOIN LATERAL (SELECT max(coalesce(r.finished_at, r.started_at)) AS failed_at FROM public.runs r
                   WHERE r.operation = o.operation
                     AND (NOT r.succeeded OR (r.succeeded IS NULL AND (r.started_at < now() - interval '1 day' OR EXISTS
                          (SELECT FROM public.runs s WHERE s.operation = r.operation AND s.id > r.id))))) AS bad ON true
""".replace("{operations}", ", ".join(f"('{operation}')" for operation in _OPERATIONS))
_DRILLS: Final = """
SELECT coalesce((detail ->> 'rto_seconds')::float8, 0) AS rto_seconds,
       coalesce((detail ->> 'rpo_seconds')::float8, 0) AS rpo_seconds,
       coalesce((detail ->> 'database_bytes')::float8, 0) AS database_bytes
FROM (SELECT (SELECT detail FROM public.runs WHERE operation = 'drill' AND succeeded
              ORDER BY started_at DESC LIMIT 1) AS detail) AS newest
"""

QUERIES: Final[Mapping[str, Query]] = {
    "stratmaster_job": Query(
        sql=_JOBS.strip(),
        columns={
            OPERATION: ("LABEL", "which operation"),
            **{column: ("GAUGE", column.replace("_", " ")) for column in _JOB_COLUMNS},
        },
    ),
    "stratmaster_drill": Query(
        sql=_DRILLS.strip(), columns={column: ("GAUGE", column.replace("_", " ")) for column in _DRILL_COLUMNS}
    ),
}
