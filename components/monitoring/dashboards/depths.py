"""Database, backups and drills, infrastructure, business: what the service rests on and what it is for."""

from components.monitoring.alerts import business, capacity
from components.monitoring.alerts.places import IN_FOUNDATION
from components.monitoring.dashboards.panels import Board, Panel
from settings.monitoring import Monitoring

_CONTAINER = "{{namespace}} {{pod}} {{container}}"


def database(monitoring: Monitoring) -> Board:
    """PostgreSQL and Redis."""
    at, at_ours = monitoring.thresholds, f"{{{IN_FOUNDATION}}}"
    maximum = f"max(pg_settings_max_connections{at_ours})"
    used = f"sum(pg_stat_database_numbackends{at_ours})"
    hits = f"sum by (datname) (rate(pg_stat_database_blks_hit{at_ours}[5m]))"
    reads = f"sum by (datname) (rate(pg_stat_database_blks_read{at_ours}[5m]))"
    found, missed = (f"rate(redis_keyspace_{each}_total{at_ours}[5m])" for each in ("hits", "misses"))
    return Board(
        name="database",
        title="database and cache",
        panels=(
            Panel(
                title="PostgreSQL answers",
                queries={"": f"max(pg_up{at_ours})"},
                unit="none",
                kind="stat",
                limit=1,
                above=False,
            ),
            Panel(
                title="Redis answers",
                queries={"": f"max(redis_up{at_ours})"},
                unit="none",
                kind="stat",
                limit=1,
                above=False,
            ),
            Panel(
                title="Connections, of the maximum",
                queries={"": f"{used} / {maximum}"},
                unit="percentunit",
                kind="stat",
                limit=at.connections_percent / 100,
            ),
            Panel(title="Replicas", queries={"": "max(stratmaster_replicas_streaming)"}, unit="none", kind="stat"),
            Panel(
                title="Connections",
                queries={"all": used, "maximum": maximum},
                limit=at.connections,
            ),
            Panel(
                title="Transactions",
                queries={
                    "commit {{datname}}": f"sum by (datname) (rate(pg_stat_database_xact_commit{at_ours}[5m]))",
                    "roll back {{datname}}": f"sum by (datname) (rate(pg_stat_database_xact_rollback{at_ours}[5m]))",
                },
                unit="reqps",
            ),
            Panel(
                title="Read from memory",
                queries={"{{datname}}": f"{hits} / ({hits} + {reads} > 0)"},
                unit="percentunit",
            ),
            Panel(
                title="Size",
                queries={"{{datname}}": f"max by (datname) (pg_database_size_bytes{at_ours})"},
                unit="bytes",
            ),
            Panel(
                title="Longest transaction",
                queries={
                    "{{datname}} {{state}}": f"max by (datname, state) (pg_stat_activity_max_tx_duration{at_ours}) > 1"
                },
                unit="s",
                limit=1800,
            ),
            Panel(
                title="Replicas lag",
                queries={"{{application_name}}": "max by (application_name) (stratmaster_replica_lag_seconds)"},
                unit="s",
                limit=at.replication_lag_seconds,
            ),
            Panel(
                title="Redis memory",
                queries={each: f"redis_memory_{each}_bytes{at_ours}" for each in ("used", "max")},
                unit="bytes",
            ),
            Panel(title="Found in the cache", queries={"": f"{found} / ({found} + {missed} > 0)"}, unit="percentunit"),
        ),
    )


def backups(_monitoring: Monitoring) -> Board:
    """What there is to restore, and whether it was tried."""
    last = "stratmaster_job_last_success_timestamp_seconds"
    return Board(
        name="backups",
        title="backups and drills",
        panels=(
            Panel(
                title="Last success",
                queries={"{{operation}}": f"1000 * max by (operation) ({last} > 0)"},
                unit="dateTimeFromNow",
                kind="table",
            ),
            Panel(
                title="Last failure",
                queries={
                    "{{operation}}": "1000 * max by (operation) (stratmaster_job_last_failure_timestamp_seconds > 0)"
                },
                unit="dateTimeFromNow",
                kind="table",
            ),
            Panel(
                title="Size of a backup",
                queries={
                    "{{operation}}": 'max by (operation) (stratmaster_job_last_size_bytes{operation=~"backup.*"})'
                },
                unit="bytes",
            ),
            Panel(
                title="How long a job takes",
                queries={"{{operation}}": "max by (operation) (stratmaster_job_last_duration_seconds)"},
                unit="s",
            ),
            Panel(
                title="Time to restore (RTO 15 min)",
                queries={"drill": "max(stratmaster_drill_rto_seconds)"},
                unit="s",
                limit=900,
            ),
            Panel(
                title="Loss of data (RPO 5 min)",
                queries={"drill": "max(stratmaster_drill_rpo_seconds)"},
                unit="s",
                limit=300,
            ),
            Panel(
                title="WAL that waits to be archived",
                queries={"oldest": "max(stratmaster_wal_oldest_waiting_seconds)"},
                unit="s",
                limit=300,
            ),
            Panel(
                title="Archiving",
                queries={
                    "archived": f"sum(rate(pg_stat_archiver_archived_count{{{IN_FOUNDATION}}}[5m]))",
                    "failed": f"sum(rate(pg_stat_archiver_failed_count{{{IN_FOUNDATION}}}[5m]))",
                },
            ),
        ),
    )


def infrastructure(monitoring: Monitoring) -> Board:
    """Containers, nodes, volumes, quotas, certificates."""
    at = monitoring.thresholds
    ours = 'namespace=~"stratmaster-.+"'
    used, hard = f'kube_resourcequota{{{ours},type="used"}}', f'kube_resourcequota{{{ours},type="hard"}}'
    left = f"min by (name) (certmanager_certificate_expiration_timestamp_seconds{{{ours}}} - time()) / 86400"
    return Board(
        name="infrastructure",
        title="infrastructure",
        panels=(
            *(
                Panel(title=title, queries={legend: used_up}, unit="percentunit", limit=percent / 100)
                for title, legend, used_up, percent in (
                    ("CPU, of the limit", _CONTAINER, capacity.CPU, at.cpu_percent),
                    ("Memory, of the limit", _CONTAINER, capacity.MEMORY, at.memory_percent),
                    ("Nodes' CPU", "{{instance}}", capacity.NODE_CPU, at.cpu_percent),
                    ("Nodes' memory", "{{instance}}", capacity.NODE_MEMORY, at.memory_percent),
                    ("Volumes", "{{persistentvolumeclaim}}", capacity.VOLUME, at.storage_percent),
                )
            ),
            Panel(
                title="Quotas",
                queries={"{{namespace}} {{resource}}": f"{used} / ignoring (type) ({hard} > 0)"},
                unit="percentunit",
                limit=0.9,
            ),
            Panel(
                title="Restarts",
                queries={
                    "{{namespace}} {{pod}}": f"increase(kube_pod_container_status_restarts_total{{{ours}}}[15m]) > 0"
                },
                unit="none",
            ),
            Panel(title="Certificates, days left", queries={"{{name}}": left}, limit=at.certificate_days, above=False),
        ),
    )


def business_board(_monitoring: Monitoring) -> Board:
    """What the guide counts as business. Empty until the application exports it."""
    names = business.METRICS
    p95 = "histogram_quantile(0.95, sum by (le) (rate({}_bucket[1h])))"
    share = 'sum(rate({0}{{outcome="{1}"}}[1h])) / (sum(rate({0}[1h])) > 0)'
    return Board(
        name="business",
        title="business",
        panels=(
            Panel(title="Active sessions", queries={"": f"sum({names['sessions']})"}),
            Panel(
                title="Workflows completed",
                queries={"": share.format(names["workflows"], "completed")},
                unit="percentunit",
                limit=0.7,
                above=False,
            ),
            Panel(title="Model calls, 95 %", queries={"": p95.format(names["inference"])}, unit="s", limit=10),
            Panel(title="Approvals, 95 %", queries={"": p95.format(names["approvals"])}, unit="s", limit=3600),
            Panel(
                title="Answers that comply",
                queries={"": share.format(names["compliance"], "compliant")},
                unit="percentunit",
                limit=0.95,
                above=False,
            ),
            Panel(title="Satisfaction, of 5", queries={"": f"avg({names['satisfaction']})"}, limit=3.5, above=False),
            Panel(
                title="Availability, 30 days",
                queries={"": "1 - avg_over_time(stratmaster:unavailability:ratio_rate5m[30d])"},
                unit="percentunit",
                limit=0.995,
                above=False,
                about="The guide's SLA: 99.5 %.",
            ),
        ),
    )
