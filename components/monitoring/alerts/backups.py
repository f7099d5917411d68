"""Backups, restores drilled, retention: what nobody notices until the worst day (facts.md section 5)."""

from components.monitoring.alerts.places import IN_FOUNDATION
from components.monitoring.job_metrics import of, selected
from components.monitoring.rules import Alert, Group, placed
from operations import metrics

HOUR = 3600
DAY = 24 * HOUR


def group() -> Group:
    """Daily backups, weekly drills, 30 days of retention, RPO 5 and RTO 15 minutes."""
    rules = (*_ages(), *_never(), *_contents(), *_drills())
    return Group(name="stratmaster-backups", owner="database", dashboard="backups", rules=rules)


def _older(operation: str, seconds: int) -> str:
    """It has succeeded, but too long ago. What never has is 0 and has an alert of its own."""
    return f"time() - ({of(metrics.JOB_LAST_SUCCESS, operation)} > 0) > {seconds}"


def _never_succeeded(operation: str) -> str:
    series = selected(metrics.JOB_LAST_SUCCESS, operation)
    return f"absent({series}) or max by ({metrics.OPERATION}) ({series}) == 0"


def _failed_since(operation: str) -> str:
    """The last failure is younger than the last success, which is 0 where nothing has ever succeeded."""
    failed, succeeded = of(metrics.JOB_LAST_FAILURE, operation), of(metrics.JOB_LAST_SUCCESS, operation)
    return f"{failed} > {succeeded}"


def _ages() -> tuple[Alert, ...]:
    age = "{{ $value | humanizeDuration }}"
    return (
        Alert(
            name="BackupTooOld",
            expr=_older(metrics.BACKUP, 26 * HOUR),
            wait="10m",
            summary="The last backup is too old",
            description=f"The last backup that succeeded is {age} old; one is made each night at 02:00.",
            severity="page",
        ),
        Alert(
            name="SchemaBackupTooOld",
            expr=_older(metrics.SCHEMA, 50 * HOUR),
            wait="10m",
            summary="The last schema backup is too old",
            description=f"The last schema-only backup that succeeded is {age} old.",
        ),
        Alert(
            name="ConfigBackupTooOld",
            expr=_older(metrics.CONFIG, 50 * HOUR),
            wait="10m",
            summary="The last configuration backup is too old",
            description=f"The last backup of objects and Helm values that succeeded is {age} old.",
            owner="platform",
        ),
        Alert(
            name="RetentionNotPruning",
            expr=_older(metrics.PRUNE, 3 * DAY),
            wait="10m",
            summary="Old backups are not deleted",
            description=f"The last clean-up that succeeded is {age} ago: backups older than 30 days pile up.",
        ),
        Alert(
            name="MaintenanceTooOld",
            expr=_older(metrics.MAINTAIN, 9 * DAY),
            wait="10m",
            summary="The database's upkeep is too old",
            description=f"VACUUM ANALYZE and REINDEX last succeeded {age} ago; they run each week.",
        ),
    )


def _never() -> tuple[Alert, ...]:
    return (
        Alert(
            name="BackupNeverRan",
            expr=_never_succeeded(metrics.BACKUP),
            wait="1h",
            summary="No backup has ever succeeded",
            description="There is no record of any backup that succeeded, or nothing reads the records.",
            severity="page",
        ),
        Alert(
            name="DrillNeverRan",
            expr=_never_succeeded(metrics.DRILL),
            wait="8d",
            summary="No restore was ever tried",
            description="There is no record of any drill that succeeded: whether a backup can be restored isn't known.",
        ),
        Alert(
            name="BackupSuspended",
            expr=placed(f'kube_cronjob_spec_suspend{{{IN_FOUNDATION},cronjob=~".*(backup|drill|prune).*"}} > 0'),
            wait="1h",
            summary="A backup job is suspended",
            description="CronJob {{ $labels.cronjob }} is suspended: it doesn't run until somebody resumes it.",
        ),
    )


def _contents() -> tuple[Alert, ...]:
    size = of(metrics.JOB_LAST_SIZE, metrics.BACKUP)
    usual = f"avg_over_time({selected(metrics.JOB_LAST_SIZE, metrics.BACKUP)}[14d])"
    usually = f"max by ({metrics.OPERATION}) ({usual})"
    return (
        Alert(
            name="BackupSizeAnomaly",
            expr=f"({size} > 0) / ({usually} > 0) < 0.5 or {size} / ({usually} > 0) > 2",
            wait="10m",
            summary="The last backup's size is unusual",
            description="The last backup has {{ $value | humanizePercentage }} of the usual size of the last 14 days.",
        ),
        Alert(
            name="BackupUnverified",
            expr=(
                f"{of(metrics.JOB_LAST_VERIFIED, metrics.BACKUP)} == 0 and "
                f"{of(metrics.JOB_LAST_SUCCESS, metrics.BACKUP)} > 0"
            ),
            wait="2h",
            summary="The last backup was not read back",
            description="The last backup was written, but not proven to be readable.",
        ),
        Alert(
            name="BackupFailed",
            expr=_failed_since(metrics.BACKUP),
            wait="30m",
            summary="The last backup failed",
            description="The last run failed and none has succeeded since.",
        ),
    )


def _drills() -> tuple[Alert, ...]:
    return (
        Alert(
            name="DrillFailed",
            expr=_failed_since(metrics.DRILL),
            wait="10m",
            summary="A backup could not be restored",
            description="The last drill failed and none has succeeded since: a restore may not work.",
            severity="page",
        ),
        Alert(
            name="DrillStale",
            expr=_older(metrics.DRILL, 8 * DAY),
            wait="10m",
            summary="The last drill is too old",
            description=(
                "The last restore that was tried and succeeded is {{ $value | humanizeDuration }} ago; one "
                "runs each week."
            ),
        ),
        Alert(
            name="DrillTooSlow",
            expr=f"max({metrics.DRILL_RTO.name}) > 900",
            wait="10m",
            summary="A restore takes longer than promised",
            description=(
                "The last drill took {{ $value | humanizeDuration }} to a checked database; the RTO is 15 minutes."
            ),
        ),
        Alert(
            name="DrillLosesTooMuch",
            expr=f"max({metrics.DRILL_RPO.name}) > 300",
            wait="10m",
            summary="A restore loses more than promised",
            description="The last drill would have lost {{ $value | humanizeDuration }} of data; the RPO is 5 minutes.",
        ),
    )
