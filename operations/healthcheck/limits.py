"""The guide's thresholds, as a health check needs them (facts.md 1.5; the alerts' are in the settings)."""

from typing import Final

TIMEOUT_SECONDS: Final = 10.0
"""How long one check may take, whatever the other end does."""
SLOW_SECONDS: Final = 0.5
"""p95 of the API."""
REDIS_SLOW_MILLISECONDS: Final = 10.0
CONNECTIONS_PERCENT: Final = 80
CERTIFICATE_DAYS: Final = 14
BACKUP_HOURS: Final = 26
"""A day, and two hours for the backup itself."""
