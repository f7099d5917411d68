"""The custom queries by which a database's exporter turns the table of runs into metrics.

Their form is CloudNativePG's, which is postgres_exporter's `queries.yaml` with a few keys more.
"""

from __future__ import annotations

from typing import Final, TypedDict

from operations.metrics import METRICS, OPERATIONS, RECORDS


class Column(TypedDict):
    """How one column is shown."""

    usage: str
    description: str


class Query(TypedDict):
    """One query, and what its columns are."""

    query: str
    primary: bool
    target_databases: list[str]
    metrics: list[dict[str, Column]]


_VALUES: Final = ", ".join(f"('{operation}')" for operation in OPERATIONS)

SQL: Final = {
    "stratmaster_job": """
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
""".replace("{operations}", _VALUES),
    "stratmaster_drill": """
SELECT coalesce((detail ->> 'rto_seconds')::float8, 0) AS rto_seconds,
       coalesce((detail ->> 'rpo_seconds')::float8, 0) AS rpo_seconds,
       coalesce((detail ->> 'database_bytes')::float8, 0) AS database_bytes
FROM (SELECT (SELECT detail FROM public.runs WHERE operation = 'drill' AND succeeded
              ORDER BY started_at DESC LIMIT 1) AS detail) AS newest
""",
    # A scan that couldn't read every image has failed, and what it found in the others is the newest there is.
    "stratmaster_image": """
SELECT split_part(found.key, ' ', 1) AS image,
       split_part(found.key, ' ', 2) AS severity,
       found.value::float8 AS findings
FROM (SELECT detail FROM public.runs WHERE operation = 'scan' AND detail <> '{}'
      ORDER BY started_at DESC LIMIT 1) AS newest,
     LATERAL jsonb_each_text(newest.detail) AS found
""",
}
"""The queries by group; they run in the database with the table of runs."""


def queries(database: str) -> dict[str, Query]:
    """What the exporter of a database is told.

    Args:
        database: whose jobs they are, for example `stratmaster`.
    """
    found: dict[str, Query] = {}
    for group, text in SQL.items():
        metrics = [metric for metric in METRICS if metric.group == group]
        labels = sorted({label for metric in metrics for label in metric.labels})
        columns = [{label: Column(usage="LABEL", description=f"Which {label}.")} for label in labels]
        columns += [{metric.column: Column(usage="GAUGE", description=metric.meaning)} for metric in metrics]
        found[group] = {
            "query": text.strip(),
            "primary": True,
            "target_databases": [f"{database}{RECORDS}"],
            "metrics": columns,
        }
    return found
