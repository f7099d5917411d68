"""What Kubernetes' quantities amount to."""

import math
import re
from decimal import Decimal
from typing import Final

_DECIMAL: Final = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES: Final = {**_DECIMAL, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_QUANTITY: Final = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>m|k|[KMGT]i?)?")


def millicores(quantity: str) -> int:
    """CPU as thousandths of a core, rounded up: "2" is 2000, "250m" is 250."""
    number, unit = _parsed(quantity)
    if unit == "m":
        return math.ceil(number)
    return math.ceil(number * _BYTES[unit] * 1000)


def in_bytes(quantity: str) -> int:
    """Memory or storage in bytes, rounded up: "1Ki" is 1024, "1k" is 1000."""
    number, unit = _parsed(quantity)
    if unit == "m":
        raise ValueError(f"{quantity!r} is a thousandth of a byte; write bytes as 512Mi or 4Gi")
    return math.ceil(number * _BYTES[unit])


def _parsed(quantity: str) -> tuple[Decimal, str]:
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity!r} is not a quantity; write CPU as 2 or 500m, memory as 4Gi")
    return Decimal(match["number"]), match["unit"] or ""
