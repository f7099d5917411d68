"""What makes one alert fire, and what doesn't."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.monitoring.timeline import Series


@dataclass(frozen=True, kw_only=True)
class Case:
    """One alert's story.

    Args:
        alert: its name.
        series: what there is, while all is well and while it isn't.
        says: what its description has to say when it fires, with the value in human units.
        labels: labels that the firing alert carries, beside those that all carry.
        lag: minutes from the first bad sample until the expression holds; an average needs some.
        recovery: minutes from the first good sample until it no longer does.
        warm_up: minutes of good samples before.
        alerts: how many fire at once.
        absence: whether it is about a series that is missing, and so fires without any.
        always: whether it fires always.
        step: minutes between samples and evaluations; a wait of days need not be told minute by minute.
    """

    alert: str
    series: tuple[Series, ...] = ()
    says: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    lag: int = 0
    recovery: int = 0
    warm_up: int = 10
    alerts: int = 1
    absence: bool = False
    always: bool = False
    step: int = 1
