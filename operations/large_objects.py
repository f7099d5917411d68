"""Large objects in one stream: a frame a chunk, so that neither writing nor reading holds more than one of them.

A frame is the object's number (4 bytes), the chunk's offset (8) and length (4), big-endian, then the chunk. An object
without content has none: that it exists is in the definitions.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, cast

from operations.errors import OperationError
from operations.postgres import Connection

CHUNK: Final = 1 << 20
_HEADER: Final = struct.Struct(">IQI")
_OBJECTS_AT_A_TIME: Final = 1000


def frames(connection: Connection) -> Iterator[bytes]:
    """All large objects' content, as the connection's transaction sees it."""
    last = 0
    while rows := connection.execute(
        "SELECT oid::bigint FROM pg_catalog.pg_largeobject_metadata WHERE oid::bigint > %s ORDER BY 1 LIMIT %s",
        (last, _OBJECTS_AT_A_TIME),
    ).fetchall():
        for (number,) in cast("list[tuple[int]]", rows):
            yield from _frames_of(connection, number)
            last = number


def _frames_of(connection: Connection, number: int) -> Iterator[bytes]:
    at = 0
    while True:
        row = connection.execute(
            "SELECT pg_catalog.lo_get(%s::oid, %s, %s)", (number, at, CHUNK), binary=True
        ).fetchone()
        chunk = cast("tuple[bytes]", row)[0]
        if chunk:
            yield _HEADER.pack(number, at, len(chunk)) + chunk
        at += len(chunk)
        if len(chunk) < CHUNK:
            return


def chunks(stream: Iterator[bytes]) -> Iterator[tuple[int, int, bytes]]:
    """The frames of a stream that was cut anywhere: number, offset, chunk.

    Raises:
        OperationError: the stream ends within a frame.
    """
    waiting = bytearray()
    for block in stream:
        waiting += block
        while len(waiting) >= _HEADER.size:
            number, at, length = cast("tuple[int, int, int]", _HEADER.unpack_from(waiting))
            end = _HEADER.size + length
            if len(waiting) < end:
                break
            yield number, at, bytes(waiting[_HEADER.size : end])
            del waiting[:end]
    if waiting:
        raise OperationError("the large objects end in the middle of one", "Use another backup.")


def write(connection: Connection, stream: Iterator[bytes]) -> int:
    """Fill large objects that exist already and are empty.

    Returns:
        How many bytes were written.
    """
    written = 0
    for number, at, chunk in chunks(stream):
        connection.execute("SELECT pg_catalog.lo_put(%s::oid, %s, %b)", (number, at, chunk))
        written += len(chunk)
    return written
