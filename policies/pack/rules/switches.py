"""What a switch has to say, unset included; never a number or a text in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.values import Value


def switched_on(value: Value) -> bool:
    """It is set to true."""
    return value is True


def not_off(value: Value) -> bool:
    """It is true, by itself or by default."""
    return value is None or value is True


def not_on(value: Value) -> bool:
    """It is false, by itself or by default."""
    return value is None or value is False
