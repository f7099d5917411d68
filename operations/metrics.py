"""The metrics that jobs leave behind: names, labels and units, stated once.

A job that is gone can't be scraped, so its outcome is a row in a table and the database's exporter turns rows into
metrics by custom queries (`operations/exporter.py` builds them from this table). Alert rules use the names as they
stand here; a test compares them.

An exporter's query is a group, each of its columns a metric, and `<group>_<column>` the name. CloudNativePG's exporter
puts `cnpg_` before it: whoever scrapes that one takes the prefix off again (`metricRelabelings`: source `__name__`,
regex `cnpg_(stratmaster_.+)`, target `__name__`), so that a rule fits both kinds of database.

Every operation has its series from the start, at 0, so an alert on age fires for one that never ran; what an alert has
to ask for beside that is `absent(…)`, which is the exporter or the table gone.
"""

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["seconds since 1970", "seconds", "bytes", "1 or 0", "count"]

RECORDS: Final = "_operations"
"""What the name of the database with the table of runs ends with: `stratmaster_operations`."""

OPERATION: Final = "operation"
"""The label that says which operation. Not `job`: that one is Prometheus's own."""

BACKUP: Final = "backup"
BACKUP_PLAIN: Final = "backup-plain"
SCHEMA: Final = "backup-schema"
CONFIG: Final = "backup-config"
VERIFY: Final = "verify"
PRUNE: Final = "prune"
DRILL: Final = "drill"
RESTORE: Final = "restore"
MIGRATE: Final = "migrate"
MAINTAIN: Final = "maintain"
SCAN: Final = "scan"

OPERATIONS: Final = (BACKUP, BACKUP_PLAIN, SCHEMA, CONFIG, VERIFY, PRUNE, DRILL, RESTORE, MIGRATE, MAINTAIN, SCAN)
"""Every value that the label can have."""


IMAGE: Final = "image"
SEVERITY: Final = "severity"
SEVERITIES: Final = ("critical", "high", "medium", "low", "unknown")
"""Trivy's, in small letters."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric; all of them are gauges.

    Attributes:
        group: the exporter's query that it comes from.
        column: the query's column.
        unit: of its value.
        labels: its labels, beside those of the scrape.
        meaning: one sentence, which becomes the help text.
    """

    group: str
    column: str
    unit: Unit
    labels: tuple[str, ...]
    meaning: str

    @property
    def name(self) -> str:
        """As it stands in Prometheus."""
        return f"{self.group}_{self.column}"


def _job(column: str, unit: Unit, meaning: str) -> Metric:
    return Metric(group="stratmaster_job", column=column, unit=unit, labels=(OPERATION,), meaning=meaning)


def _drill(column: str, unit: Unit, meaning: str) -> Metric:
    return Metric(group="stratmaster_drill", column=column, unit=unit, labels=(), meaning=meaning)


JOB_LAST_SUCCESS: Final = _job(
    "last_success_timestamp_seconds",
    "seconds since 1970",
    "When the operation last succeeded; 0 until it first has.",
)
JOB_LAST_FAILURE: Final = _job(
    "last_failure_timestamp_seconds",
    "seconds since 1970",
    "When the operation last failed; 0 until it first has. A run that was killed counts from when it began.",
)
JOB_LAST_DURATION: Final = _job(
    "last_duration_seconds", "seconds", "How long the last successful run of the operation took."
)
JOB_LAST_SIZE: Final = _job(
    "last_size_bytes",
    "bytes",
    "What the last successful run wrote to, or read from, the bucket; 0 where that means nothing.",
)
JOB_LAST_VERIFIED: Final = _job(
    "last_verified",
    "1 or 0",
    "Whether what the last successful run made was read back and proven; 0 where that means nothing.",
)
DRILL_RTO: Final = _drill(
    "rto_seconds",
    "seconds",
    "From the start of the last successful drill's restore to a database that passed its checks.",
)
DRILL_RPO: Final = _drill(
    "rpo_seconds",
    "seconds",
    "How much would have been lost: age of the newest transaction that the last successful drill could bring back.",
)
DRILL_SIZE: Final = _drill("database_bytes", "bytes", "Size of the database that the last successful drill restored.")
IMAGE_FINDINGS: Final = Metric(
    group="stratmaster_image",
    column="findings",
    unit="count",
    labels=(IMAGE, SEVERITY),
    meaning="How many vulnerabilities of a severity the last scan found in an image that runs.",
)

METRICS: Final = (
    JOB_LAST_SUCCESS,
    JOB_LAST_FAILURE,
    JOB_LAST_DURATION,
    JOB_LAST_SIZE,
    JOB_LAST_VERIFIED,
    DRILL_RTO,
    DRILL_RPO,
    DRILL_SIZE,
    IMAGE_FINDINGS,
)
"""All of them, in the order that documents list them."""
