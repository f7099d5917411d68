"""What the health check's flags may hold. What they may not is a mistake of whoever asks: usage, and exit code 2."""

from __future__ import annotations

import json
import math
from argparse import ArgumentTypeError
from typing import Any, cast
from urllib.parse import urlsplit


def seconds(text: str) -> float:
    """A time that passes.

    Raises:
        ArgumentTypeError: it is none.
    """
    found = float(text)
    if not (math.isfinite(found) and found > 0):
        raise ArgumentTypeError(f"{text} is no time to wait; 10 is the default")
    return found


def address(text: str) -> str:
    """An http or https URL, without a slash at its end.

    Raises:
        ArgumentTypeError: it is none.
    """
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one:
        raise ArgumentTypeError(f"{text!r} is no address; write it as https://api.stratmaster.com")
    return text.rstrip("/")


def service(text: str) -> tuple[str, str]:
    """A service's name and the address of its /healthz.

    Raises:
        ArgumentTypeError: it names none.
    """
    name, _, url = text.partition("=")
    if not name or not url:
        raise ArgumentTypeError(f"{text!r} names no service; write it as research-mcp=http://localhost:8081/healthz")
    return name, address(url)


def weights(text: str) -> list[str]:
    """The slots that are about to have weight, out of `stratmaster:weights` as `pulumi config get` writes it.

    Raises:
        ArgumentTypeError: that is not what it is, or no slot has any.
    """
    try:
        found = cast("dict[str, Any]", json.loads(text))
        slots = [slot for slot, share in found.items() if int(share) > 0]
    except (ValueError, TypeError, AttributeError):
        slots = []
    if not slots:
        raise ArgumentTypeError(f"""{text!r} gives no slot any; write it as '{{"blue": 0, "green": 100}}'""")
    return slots
