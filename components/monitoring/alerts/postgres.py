"""The database. Series that begin with `stratmaster_` come from `components/monitoring/postgres_queries.py`."""

from components.monitoring.alerts.places import IN_FOUNDATION
from components.monitoring.rules import Alert, Group
from settings.monitoring import Thresholds

CONNECTIONS = f"sum by (instance) (pg_stat_database_numbackends{{{IN_FOUNDATION}}})"
_MAXIMUM = f"max by (instance) (pg_settings_max_connections{{{IN_FOUNDATION}}})"
TRANSACTION_SECONDS = 1800
WRAPAROUND_AGE = 1_000_000_000
"""Half of what PostgreSQL can count to before it stops taking writes; autovacuum acts at 200 million."""


def group(at: Thresholds) -> Group:
    """The guide's alert by its name, and what takes a database down besides."""
    return Group(
        name="stratmaster-postgres",
        owner="database",
        dashboard="database",
        rules=(*_life(), *_connections(at), *_work(), *_durability(at)),
    )


def _life() -> tuple[Alert, ...]:
    return (
        Alert(
            name="PostgresDown",
            # A server that hangs holds the exporter up until Prometheus gives up on it, and then nothing says pg_up.
            expr=f'pg_up{{{IN_FOUNDATION}}} == 0 or up{{{IN_FOUNDATION},job=~".*postgres.*"}} == 0',
            wait="1m",
            summary="PostgreSQL does not answer",
            description="The exporter at {{ $labels.instance }} has not reached PostgreSQL for a minute.",
            severity="page",
        ),
        Alert(
            name="PostgresUnwatched",
            expr=f"absent(pg_up{{{IN_FOUNDATION}}})",
            wait="10m",
            summary="Nothing watches PostgreSQL",
            description=(
                "The PostgreSQL exporter has not been scraped for 10 minutes: whether the database works isn't known."
            ),
        ),
        Alert(
            # Without a grant the server still answers, and the alerts on what can't be read are silent.
            name="PostgresPartlyUnwatched",
            expr=(
                f"max by (instance) (pg_exporter_last_scrape_error{{{IN_FOUNDATION}}}) > 0 "
                f"and on (instance) pg_up{{{IN_FOUNDATION}}} == 1"
            ),
            wait="15m",
            summary="The exporter can't read all of PostgreSQL",
            description=(
                "The exporter at {{ $labels.instance }} reaches PostgreSQL, but some of its queries have failed for 15 "
                "minutes: alerts on what they read can't fire."
            ),
        ),
    )


def _connections(at: Thresholds) -> tuple[Alert, ...]:
    return (
        Alert(
            name="DatabaseConnectionHigh",
            expr=f"{CONNECTIONS} > {at.connections}",
            wait="10m",
            summary="Database connection count high",
            description=f"Connection count is {{{{ $value }}}}; the early warning is at {at.connections}.",
        ),
        Alert(
            name="DatabaseConnectionsNearMaximum",
            expr=f"{CONNECTIONS} / {_MAXIMUM} > {at.connections_percent / 100:g}",
            wait="5m",
            summary=f"Database connections above {at.connections_percent} % of the maximum",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of max_connections are used; above {at.connections_percent} % "
                "a roll-out's new pods may find none."
            ),
            severity="page",
        ),
    )


def _work() -> tuple[Alert, ...]:
    return (
        Alert(
            name="PostgresDeadlocks",
            expr=f"sum by (datname) (increase(pg_stat_database_deadlocks{{{IN_FOUNDATION}}}[15m])) > 0",
            wait="1m",
            summary="Transactions deadlocked",
            description=(
                "{{ $value | humanize }} deadlocks in database {{ $labels.datname }} in the last 15 minutes; "
                "each ended a transaction."
            ),
        ),
        Alert(
            name="PostgresLongTransaction",
            expr=(
                f"max by (datname, state) (pg_stat_activity_max_tx_duration{{{IN_FOUNDATION}}}) > {TRANSACTION_SECONDS}"
            ),
            wait="5m",
            summary="A transaction has been open for long",
            description=(
                "In database {{ $labels.datname }} one has been {{ $labels.state }} for {{ $value | "
                "humanizeDuration }}: it holds "
                "locks and keeps VACUUM from cleaning up."
            ),
        ),
        Alert(
            name="PostgresWraparound",
            expr=f"max by (datname) (stratmaster_database_xid_age) > {WRAPAROUND_AGE}",
            wait="5m",
            summary="Transaction ids run out",
            description=(
                "Database {{ $labels.datname }} is {{ $value | humanize }} transactions old; at 2.1 G it "
                "takes no more writes."
            ),
            severity="page",
        ),
    )


def _durability(at: Thresholds) -> tuple[Alert, ...]:
    return (
        Alert(
            name="PostgresReplicationLag",
            expr=f"max by (application_name) (stratmaster_replica_lag_seconds) > {at.replication_lag_seconds}",
            wait="5m",
            summary="A replica lags behind",
            description=(
                "Replica {{ $labels.application_name }} is {{ $value | humanizeDuration }} behind; a "
                "failover to it loses that much."
            ),
        ),
        Alert(
            name="PostgresReplicasMissing",
            # Those that were there within the last day, so that a database without replicas isn't told of them.
            expr="max_over_time(stratmaster_replicas_streaming[1d]) - stratmaster_replicas_streaming > 0",
            wait="15m",
            summary="A replica no longer streams",
            description="{{ $value }} fewer replicas stream than within the last day: there is less to fail over to.",
        ),
        Alert(
            name="WalArchivingFailing",
            expr=f"increase(pg_stat_archiver_failed_count{{{IN_FOUNDATION}}}[10m]) > 0",
            wait="5m",
            summary="WAL can't be archived",
            description="{{ $value | humanize }} attempts to archive a WAL segment failed in the last 10 minutes.",
        ),
        Alert(
            name="WalGap",
            expr="max by (instance) (stratmaster_wal_oldest_waiting_seconds) > 300",
            wait="2m",
            summary="What was written can't be brought back: RPO exceeded",
            description=(
                "The oldest WAL segment that is not archived has waited {{ $value | humanizeDuration }}; the "
                "RPO is 5 minutes."
            ),
            severity="page",
        ),
    )
