"""The two forms of `COPY`, and where each may be cut.

Binary where every column is of a type whose binary form is the same in all versions: a restore takes a third less, as
nothing has to be parsed. Text for everything else, which any version reads, and for databases that aren't in UTF-8:
the binary form of text is in the client's encoding, which psql's own words are in too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, Literal, cast

Format = Literal["text", "binary"]

BINARY_TYPES: Final = (
    *("bool", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "bytea", "uuid"),
    *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "json", "jsonb", "inet", "cidr"),
)
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
_HEADER: Final = len(_SIGNATURE) + 8
_FIELDS: Final = struct.Struct(">h")
_LENGTH: Final = struct.Struct(">i")
_END: Final = _FIELDS.pack(-1)


def beginning(stream: Iterator[bytes], form: Format, limit: int) -> Iterator[bytes]:
    """The first rows of a stream, so many bytes and up to the end of a row; the rest isn't read."""
    return _tuples(stream, limit) if form == "binary" else _lines(stream, limit)


def _lines(stream: Iterator[bytes], limit: int) -> Iterator[bytes]:
    left = limit
    for block in stream:
        end = -1 if len(block) < left else block.find(b"\n", max(left, 0))
        if end >= 0:
            yield block[: end + 1]
            return
        left -= len(block)
        yield block


def _tuples(stream: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Rows of the binary form: a count of fields, then each field's length and bytes; -1 as a count ends them."""
    waiting, at = bytearray(), 0

    def more(needed: int) -> bool:
        while len(waiting) < needed:
            block = next(stream, b"")
            if not block:
                return False
            waiting.extend(block)
        return True

    more(_HEADER)
    at = _HEADER
    while at < limit and more(at + _FIELDS.size):
        (fields,) = cast("tuple[int]", _FIELDS.unpack_from(waiting, at))
        if fields < 0:
            break
        at += _FIELDS.size
        for _ in range(fields):
            more(at + _LENGTH.size)
            (length,) = cast("tuple[int]", _LENGTH.unpack_from(waiting, at))
            at += _LENGTH.size + max(length, 0)
    more(at)
    yield bytes(waiting[:at]) + _END
