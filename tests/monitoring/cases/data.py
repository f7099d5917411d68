"""PostgreSQL, Redis, backups and drills."""

from tests.monitoring.cases.case import Case
from tests.monitoring.timeline import Series, counter, gauge

OURS = 'namespace="stratmaster-production"'
DB = f'{OURS},instance="db:9187"'
CACHE = f'{OURS},instance="redis:9121"'
DAY = 86400


def last(operation: str, good: float | None, bad: float | None, what: str = "success") -> Series:
    """When an operation last succeeded or failed, in seconds since 1970, which is when a story begins."""
    return gauge(f'stratmaster_job_last_{what}_timestamp_seconds{{operation="{operation}"}}', good, bad)


def _old(alert: str, operation: str, hours: int, says: str) -> Case:
    """It succeeds again and again while all is well, and then no more."""
    series = Series(f'stratmaster_job_last_success_timestamp_seconds{{operation="{operation}"}}', 0, 0, clock=True)
    return Case(alert=alert, series=(series,), says=says, warm_up=20, lag=hours * 6, step=10)


CASES = (
    Case(alert="PostgresDown", series=(gauge(f"pg_up{{{DB}}}", 1, 0),), says="has not reached PostgreSQL"),
    Case(alert="PostgresUnwatched", series=(gauge(f"pg_up{{{DB}}}", 1, None),), says="isn't known", absence=True),
    Case(
        alert="PostgresPartlyUnwatched",
        series=(
            gauge(f"pg_up{{{DB}}}", 1, 1),
            gauge(f"pg_exporter_last_scrape_error{{{DB}}}", 0, 1),
        ),
        says="some of its queries have failed",
    ),
    Case(
        alert="DatabaseConnectionHigh",
        series=(
            gauge(f'pg_stat_database_numbackends{{{DB},datname="stratmaster"}}', 50, 60),
            gauge(f'pg_stat_database_numbackends{{{DB},datname="temporal"}}', 30, 30),
        ),
        says="Connection count is 90; the early warning is at 80.",
    ),
    Case(
        alert="DatabaseConnectionsNearMaximum",
        series=(
            gauge(f'pg_stat_database_numbackends{{{DB},datname="stratmaster"}}', 160, 170),
            gauge(f"pg_settings_max_connections{{{DB}}}", 200, 200),
        ),
        says="85% of max_connections are used",
    ),
    Case(
        alert="PostgresDeadlocks",
        recovery=13,
        series=(counter(f'pg_stat_database_deadlocks{{{DB},datname="stratmaster"}}', 0, 1),),
        says="deadlocks in database stratmaster in the last 15 minutes",
    ),
    Case(
        alert="PostgresLongTransaction",
        series=(
            gauge(
                f'pg_stat_activity_max_tx_duration{{{DB},datname="stratmaster",state="idle in transaction"}}',
                1800,
                3600,
            ),
        ),
        says="In database stratmaster one has been idle in transaction for 1h 0m 0s",
    ),
    Case(
        alert="PostgresWraparound",
        series=(gauge(f'stratmaster_database_xid_age{{{DB},datname="stratmaster"}}', 2e8, 1.5e9),),
        says="is 1.5G transactions old",
    ),
    Case(
        alert="PostgresReplicationLag",
        series=(gauge(f'stratmaster_replica_lag_seconds{{{DB},application_name="postgres-2"}}', 300, 600),),
        says="Replica postgres-2 is 10m 0s behind",
    ),
    Case(
        alert="PostgresReplicasMissing",
        series=(gauge(f"stratmaster_replicas_streaming{{{DB}}}", 2, 1),),
        says="1 fewer replicas stream",
    ),
    Case(
        alert="WalArchivingFailing",
        recovery=8,
        series=(counter(f"pg_stat_archiver_failed_count{{{DB}}}", 0, 1),),
        says="attempts to archive a WAL segment failed",
    ),
    Case(
        alert="WalGap",
        series=(gauge(f"stratmaster_wal_oldest_waiting_seconds{{{DB}}}", 300, 420),),
        says="has waited 7m 0s; the RPO is 5 minutes",
    ),
    Case(alert="RedisDown", series=(gauge(f"redis_up{{{CACHE}}}", 1, 0),), says="reaches no Redis at redis:9121"),
    Case(alert="RedisUnwatched", series=(gauge(f"redis_up{{{CACHE}}}", 1, None),), says="isn't known", absence=True),
    Case(
        alert="RedisMemoryHigh",
        series=(
            gauge(f"redis_memory_used_bytes{{{CACHE}}}", 500, 970),
            gauge(f"redis_memory_max_bytes{{{CACHE}}}", 1000, 1000),
            counter(f"redis_evicted_keys_total{{{CACHE}}}", 0, 1000),
            counter(f"redis_keyspace_hits_total{{{CACHE}}}", 50, 50),
        ),
        says="uses 97% of its memory and evicts more entries than it finds",
    ),
    Case(
        alert="RedisRejectsConnections",
        recovery=3,
        series=(counter(f"redis_rejected_connections_total{{{CACHE}}}", 0, 4),),
        says="connections in the last 5 minutes",
    ),
    Case(
        alert="RedisSlow",
        recovery=3,
        series=(
            counter(f'redis_commands_duration_seconds_total{{{CACHE},cmd="get"}}', 6, 600),
            counter(f"redis_commands_processed_total{{{CACHE}}}", 6000, 6000),
        ),
        says="on average at redis:9121; 10 ms is the threshold",
    ),
    _old("BackupTooOld", "backup", 26, "is 1d 2h 20m"),
    _old("SchemaBackupTooOld", "backup-schema", 50, "is 2d 2h 20m"),
    _old("ConfigBackupTooOld", "backup-config", 50, "is 2d 2h 20m"),
    _old("RetentionNotPruning", "prune", 72, "is 3d 0h 20m"),
    _old("MaintenanceTooOld", "maintain", 216, "9d 0h 20m"),
    _old("DrillStale", "drill", 192, "is 8d 0h 20m"),
    Case(alert="BackupNeverRan", series=(last("backup", 1, 0),), says="no record of any backup", absence=True),
    Case(alert="DrillNeverRan", series=(last("drill", 1, 0),), says="no record of any drill", absence=True, step=10),
    Case(
        alert="BackupSuspended",
        series=(
            gauge('kube_cronjob_spec_suspend{namespace="stratmaster-production",cronjob="database-backup"}', 0, 1),
        ),
        says="CronJob database-backup is suspended",
    ),
    Case(
        alert="BackupSizeAnomaly",
        series=(gauge('stratmaster_job_last_size_bytes{operation="backup"}', 100e9, 10e9),),
        says="of the usual size of the last 14 days",
        warm_up=600,
    ),
    Case(
        alert="BackupUnverified",
        series=(last("backup", 1, 1), gauge('stratmaster_job_last_verified{operation="backup"}', 1, 0)),
        says="not proven to be readable",
    ),
    Case(
        alert="BackupFailed",
        series=(last("backup", 1000, 1000), last("backup", 0, 2000, "failure")),
        says="none has succeeded since",
    ),
    Case(
        alert="DrillFailed",
        series=(last("drill", 0, 0), last("drill", 0, 2000, "failure")),
        says="a restore may not work",
    ),
    Case(alert="DrillTooSlow", series=(gauge("stratmaster_drill_rto_seconds", 900, 1200),), says="took 20m 0s"),
    Case(alert="DrillLosesTooMuch", series=(gauge("stratmaster_drill_rpo_seconds", 300, 360),), says="lost 6m 0s"),
)
