"""Plain words of YAML as kubectl, Helm and Pulumi read them, which is what reaches the API server: with go-yaml 2.

That is YAML 1.1 with Go's numbers: `y` is true, `0644` and `0O644` are 420, `1_000` is 1000, `1:30` is a word. A pack
that read `hostPID: y` or `runAsUser: 00` as words would let through what the server takes for true and for root.
"""

from __future__ import annotations

import math
import re
from typing import Final

_TAG: Final = "tag:yaml.org,2002:"
_TRUE: Final = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE: Final = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
"""Plain words for nothing."""
NULL: Final = f"{_TAG}null"
"""Their tag."""
_ENDLESS: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WHOLE: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_BASES: Final = (16, 2, 8, 10)
_FRACTION: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BETWEEN: Final = re.compile(r"(?<=[0-9])_(?=[0-9])")
_LARGEST: Final = 2**64 - 1

_SWITCHES: Final = frozenset(
    ("y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF")
)
"""Words that YAML 1.2 reads as words."""
_NUMERIC: Final = frozenset("0123456789+-.")


def tag_of(word: str) -> str:
    """The tag of a plain word without one."""
    if word in _TRUE or word in _FALSE:
        return f"{_TAG}bool"
    if word in NULLS:
        return NULL
    if word == "<<":
        return f"{_TAG}merge"
    value = number(word)
    return f"{_TAG}str" if value is None else f"{_TAG}{type(value).__name__}"


def truth(word: str) -> bool | None:
    """What a switch is set to, if the word is one."""
    return word in _TRUE if word in _TRUE | _FALSE else None


def number(word: str) -> int | float | None:
    """The number that a plain word is, if it is one."""
    if _ENDLESS.fullmatch(word):
        return float(word.replace(".", "", 1))
    if word.startswith("_"):
        return None
    plain = _BETWEEN.sub("", word) if word.startswith(".") else word.replace("_", "")
    whole = _WHOLE.fullmatch(plain)
    if whole:
        sign, *digits = whole.groups()
        value = next(int(text, base) for text, base in zip(digits, _BASES, strict=True) if text is not None)
        if value <= _LARGEST:
            return -value if sign == "-" else value
    fraction = float(plain) if _FRACTION.fullmatch(plain) else math.inf
    return fraction if math.isfinite(fraction) else None


def differs(word: str) -> bool:
    """Whether what YAML 1.2 takes for a word may be none to the server, depending on its quotes."""
    if word[:1] in _NUMERIC:
        return (word.lstrip("+-")[:1] == "0" or "_" in word) and number(word) is not None
    return word in _SWITCHES
