"""The cache."""

from components.monitoring.rules import Alert, Group


def group() -> Group:
    """Redis holds the response cache and the audit streams (facts.md 2.6): without it audit records are lost."""
    return Group(
        name="stratmaster-redis",
        owner="database",
        dashboard="database",
        rules=(
            Alert(
                name="RedisDown",
                expr="redis_up == 0",
                wait="2m",
                summary="Redis does not answer",
                description=(
                    "The exporter reaches no Redis at {{ $labels.instance }}: no cache, and audit records are not kept."
                ),
                severity="page",
            ),
            Alert(
                name="RedisUnwatched",
                expr="absent(redis_up)",
                wait="10m",
                summary="Nothing watches Redis",
                description="The Redis exporter has not been scraped for 10 minutes: whether Redis works isn't known.",
            ),
            Alert(
                name="RedisMemoryHigh",
                expr="redis_memory_used_bytes / (redis_memory_max_bytes > 0) > 0.95",
                wait="30m",
                summary="Redis' memory is used up",
                description=(
                    "Redis at {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory "
                    "and evicts entries."
                ),
            ),
            Alert(
                name="RedisRejectsConnections",
                expr="increase(redis_rejected_connections_total[5m]) > 0",
                wait="1m",
                summary="Redis turns clients away",
                description=(
                    "Redis at {{ $labels.instance }} refused {{ $value | humanize }} connections in the last 5 minutes."
                ),
            ),
            Alert(
                name="RedisSlow",
                expr=(
                    "sum by (instance) (rate(redis_commands_duration_seconds_total[5m])) / "
                    "(sum by (instance) (rate(redis_commands_processed_total[5m])) > 1) > 0.01"
                ),
                wait="10m",
                summary="Redis answers slowly",
                description=(
                    "A command takes {{ $value | humanizeDuration }} on average at {{ $labels.instance }}; "
                    "10 ms is the threshold."
                ),
            ),
        ),
    )
