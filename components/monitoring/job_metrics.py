"""The metrics of backups, drills and the other operations, by the names that `operations/metrics.py` gives them.

The program can't import what runs inside the cluster, so the names stand here once more; a test compares both.
"""

from typing import Final

OPERATION: Final = "operation"
LAST_SUCCESS: Final = "stratmaster_job_last_success_timestamp_seconds"
LAST_FAILURE: Final = "stratmaster_job_last_failure_timestamp_seconds"
LAST_DURATION: Final = "stratmaster_job_last_duration_seconds"
LAST_SIZE: Final = "stratmaster_job_last_size_bytes"
LAST_VERIFIED: Final = "stratmaster_job_last_verified"
DRILL_RTO: Final = "stratmaster_drill_rto_seconds"
DRILL_RPO: Final = "stratmaster_drill_rpo_seconds"
DRILL_SIZE: Final = "stratmaster_drill_database_bytes"

METRICS: Final = frozenset(
    {LAST_SUCCESS, LAST_FAILURE, LAST_DURATION, LAST_SIZE, LAST_VERIFIED, DRILL_RTO, DRILL_RPO, DRILL_SIZE}
)

BACKUP: Final = "backup"
SCHEMA: Final = "backup-schema"
CONFIG: Final = "backup-config"
PRUNE: Final = "prune"
DRILL: Final = "drill"
MAINTAIN: Final = "maintain"


def of(metric: str, operation: str) -> str:
    """A metric of one operation, whichever exporter serves it; 0 where there is nothing to tell yet."""
    return f"max by ({OPERATION}) ({selected(metric, operation)})"


def selected(metric: str, operation: str) -> str:
    """The series themselves."""
    return f'{metric}{{{OPERATION}="{operation}"}}'
