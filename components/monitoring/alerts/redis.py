"""The cache."""

from components.monitoring.alerts.places import IN_FOUNDATION
from components.monitoring.rules import Alert, Group

_EVICTED = f"rate(redis_evicted_keys_total{{{IN_FOUNDATION}}}[15m])"
_FOUND = f"rate(redis_keyspace_hits_total{{{IN_FOUNDATION}}}[15m])"


def group() -> Group:
    """Redis holds the response cache and the audit streams (facts.md 2.6): without it audit records are lost."""
    return Group(
        name="stratmaster-redis",
        owner="database",
        dashboard="database",
        rules=(
            Alert(
                name="RedisDown",
                expr=f"redis_up{{{IN_FOUNDATION}}} == 0",
                wait="2m",
                summary="Redis does not answer",
                description=(
                    "The exporter reaches no Redis at {{ $labels.instance }}: no cache, and audit records are not kept."
                ),
                severity="page",
            ),
            Alert(
                name="RedisUnwatched",
                expr=f"absent(redis_up{{{IN_FOUNDATION}}})",
                wait="10m",
                summary="Nothing watches Redis",
                description="The Redis exporter has not been scraped for 10 minutes: whether Redis works isn't known.",
            ),
            Alert(
                name="RedisMemoryHigh",
                # A cache that is full is as it should be; one that forgets more than it finds does no good.
                expr=(
                    f"redis_memory_used_bytes{{{IN_FOUNDATION}}} / (redis_memory_max_bytes{{{IN_FOUNDATION}}} > 0) "
                    f"> 0.9 and {_EVICTED} > {_FOUND}"
                ),
                wait="30m",
                summary="Redis' memory is too small",
                description=(
                    "Redis at {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory "
                    "and evicts more entries than it finds."
                ),
            ),
            Alert(
                name="RedisRejectsConnections",
                expr=f"increase(redis_rejected_connections_total{{{IN_FOUNDATION}}}[5m]) > 0",
                wait="1m",
                summary="Redis turns clients away",
                description=(
                    "Redis at {{ $labels.instance }} refused {{ $value | humanize }} connections in the last 5 minutes."
                ),
            ),
            Alert(
                name="RedisSlow",
                expr=(
                    f"sum by (instance) (rate(redis_commands_duration_seconds_total{{{IN_FOUNDATION}}}[5m])) / "
                    f"(sum by (instance) (rate(redis_commands_processed_total{{{IN_FOUNDATION}}}[5m])) > 1) > 0.01"
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
