"""Asks Redis: PING, with the password."""

from __future__ import annotations

from collections.abc import Sequence

from operations import redis_latency
from operations.healthcheck.limits import REDIS_SLOW_MILLISECONDS
from operations.healthcheck.verdict import Finding, Verdict

PINGS = 5


def ask(url: str, _seconds: float) -> Sequence[Finding]:
    """Log in and ping.

    Raises:
        OperationError: it doesn't answer, or refuses.
    """
    latency = redis_latency.measure(url, PINGS)
    slow = latency.average > REDIS_SLOW_MILLISECONDS
    return [
        Finding(
            component="redis",
            subject=subject(url),
            verdict=Verdict.DEGRADED if slow else Verdict.HEALTHY,
            what=f"PONG in {latency.average:.1f} ms on average",
            how="See the runbook RedisSlow." if slow else "",
        )
    ]


def subject(url: str) -> str:
    """The server without user or password."""
    host, port = redis_latency.where(url)
    return f"{host}:{port}"
