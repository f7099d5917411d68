"""How rules ask for the metrics of backups, drills and the other operations, which `operations/metrics.py` names."""

from typing import Final

from operations import metrics
from operations.metrics import OPERATION, Metric

NAMES: Final = frozenset(metric.name for metric in metrics.METRICS)


def of(metric: Metric, operation: str) -> str:
    """A metric of one operation, whichever exporter serves it; 0 where there is nothing to tell yet."""
    return f"max by ({OPERATION}) ({selected(metric, operation)})"


def selected(metric: Metric, operation: str) -> str:
    """The series themselves."""
    return f'{metric.name}{{{OPERATION}="{operation}"}}'
