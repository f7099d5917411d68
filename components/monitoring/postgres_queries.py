"""What postgres_exporter doesn't know by itself, as queries of its own: a group, its SQL, its columns.

Its built-in names for lag and age differ from one version to the next; these don't. `<group>_<column>` is the metric.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True)
class Query:
    """One group.

    Attributes:
        sql: what to ask; a role with pg_monitor may.
        columns: column -> LABEL or GAUGE, and what it is.
    """

    sql: str
    columns: Mapping[str, tuple[Literal["LABEL", "GAUGE"], str]]


QUERIES: Final[Mapping[str, Query]] = {
    "stratmaster_database": Query(
        sql="SELECT datname, age(datfrozenxid) AS xid_age FROM pg_database WHERE datallowconn",
        columns={
            "datname": ("LABEL", "database"),
            "xid_age": ("GAUGE", "transactions since the oldest that is not frozen"),
        },
    ),
    "stratmaster_replica": Query(
        sql=(
            "SELECT application_name, COALESCE(EXTRACT(EPOCH FROM replay_lag), 0) AS lag_seconds "
            "FROM pg_stat_replication WHERE state = 'streaming'"
        ),
        columns={
            "application_name": ("LABEL", "the replica"),
            "lag_seconds": ("GAUGE", "how far its data are behind, in seconds"),
        },
    ),
    "stratmaster_replicas": Query(
        sql="SELECT count(*) AS streaming FROM pg_stat_replication WHERE state = 'streaming'",
        columns={"streaming": ("GAUGE", "replicas that stream")},
    ),
    "stratmaster_wal": Query(
        sql=(
            "SELECT count(*) AS waiting_files, "
            "COALESCE(EXTRACT(EPOCH FROM now() - min(modification)), 0) AS oldest_waiting_seconds "
            "FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"
        ),
        columns={
            "waiting_files": ("GAUGE", "WAL segments that are to be archived"),
            "oldest_waiting_seconds": ("GAUGE", "how long the oldest of them has waited, in seconds"),
        },
    ),
}


def metric_names() -> frozenset[str]:
    """Every metric that these queries make."""
    return frozenset(
        f"{group}_{column}"
        for group, query in QUERIES.items()
        for column, (usage, _) in query.columns.items()
        if usage == "GAUGE"
    )


def document() -> dict[str, object]:
    """The queries as the exporter's file has them."""
    return {
        group: {
            "query": query.sql,
            "metrics": [
                {column: {"usage": usage, "description": meaning}} for column, (usage, meaning) in query.columns.items()
            ],
        }
        for group, query in QUERIES.items()
    }
