"""Series over time in promtool's notation, minute by minute: well, ill, well again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Literal["good", "bad"]
_UNITS = {"m": 1, "h": 60, "d": 1440, "w": 10080}


@dataclass(frozen=True)
class Series:
    """One series.

    Args:
        selector: its name and labels.
        good: value while all is well, or for a counter what is added a minute; None where the series is missing.
        bad: the same while it isn't.
        counter: whether it only grows.
        slope: what is added to a gauge each minute while bad.
        clock: whether it is a time: now while good, and standing still while bad.
    """

    selector: str
    good: float | None
    bad: float | None
    counter: bool = False
    slope: float = 0.0
    clock: bool = False

    def values(self, phases: Sequence[tuple[State, int]], step: int = 1) -> str:
        """The samples of all phases, so many minutes apart, the first at minute 0."""
        parts: list[str] = []
        total, missing, now = 0.0, False, 0
        for state, minutes in phases:
            value = self.good if state == "good" else self.bad
            if minutes <= 0:
                continue
            if self.clock:
                seconds = 60 * step
                stands = max(now - 1, 0) * seconds
                going = f"{now * seconds}+{seconds}x{minutes - 1}"
                parts.append(going if state == "good" else f"{stands}+0x{minutes - 1}")
                now += minutes
                continue
            if value is None:
                # A series that ends is stale at once, as Prometheus marks it when its target is gone.
                parts += (["stale"] if parts and not missing else ["_"]) + ([f"_x{minutes - 1}"] if minutes > 1 else [])
                missing = True
                continue
            missing = False
            if self.counter:
                parts.append(f"{total + value:g}+{value:g}x{minutes - 1}")
                total += value * minutes
            else:
                slope = self.slope if state == "bad" else 0
                parts.append(f"{value:g}{slope:+g}x{minutes - 1}")
        return " ".join(parts)


def minutes(duration: str) -> int:
    """Minutes of a duration such as 5m or 2h; an empty one is none."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([mhdw])", duration))


def gauge(selector: str, good: float | None, bad: float | None, *, slope: float = 0.0) -> Series:
    """A value that goes up and down."""
    return Series(selector, good, bad, slope=slope)


def counter(selector: str, good: float | None, bad: float | None) -> Series:
    """A value that only grows, by so much a minute."""
    return Series(selector, good, bad, counter=True)
