"""Large objects in one stream: a frame a chunk, so that neither writing nor reading holds more than one of them.

A frame is the object's number (4 bytes), the chunk's offset (8) and length (4), big-endian, then the chunk. The first
frame of an object has the offset `ABOUT` and says in JSON whose it is. pg_dump isn't asked for them: whether it counts
them among the definitions or the rows differs from version to version.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, LiteralString, cast

from psycopg import sql

from operations.errors import OperationError
from operations.postgres import Connection

CHUNK: Final = 1 << 20
ABOUT: Final = (1 << 64) - 1
"""The offset that no chunk has."""
_HEADER: Final = struct.Struct(">IQI")
_OBJECTS_AT_A_TIME: Final = 1000


@dataclass(frozen=True, kw_only=True)
class About:
    """Whose a large object is, who may use it, and what it is said to be."""

    owner: str
    grants: list[tuple[str, str, bool]]
    comment: str | None


_OBJECTS: Final[LiteralString] = """
SELECT o.oid::bigint, pg_catalog.pg_get_userbyid(o.lomowner)::text, pg_catalog.obj_description(o.oid, 'pg_largeobject'),
       coalesce((SELECT json_agg(json_build_array(coalesce(pg_catalog.pg_get_userbyid(nullif(a.grantee, 0)), ''),
                                                  a.privilege_type, a.is_grantable))
                 FROM pg_catalog.aclexplode(o.lomacl) a WHERE a.grantee <> o.lomowner), '[]')::text
FROM pg_catalog.pg_largeobject_metadata o WHERE o.oid::bigint > %s ORDER BY 1 LIMIT %s
"""


def frames(connection: Connection) -> Iterator[bytes]:
    """All large objects, as the connection's transaction sees them."""
    last = 0
    while rows := connection.execute(_OBJECTS, (last, _OBJECTS_AT_A_TIME)).fetchall():
        for number, owner, comment, grants in cast("list[tuple[int, str, str | None, str]]", rows):
            about = json.dumps({"owner": owner, "grants": json.loads(grants), "comment": comment}).encode()
            yield _HEADER.pack(number, ABOUT, len(about)) + about
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


def write(connection: Connection, stream: Iterator[bytes], limit: int | None) -> int:
    """Create the large objects of a stream.

    Returns:
        How many bytes were written; once `limit` is reached, no more are.
    """
    written = 0
    for number, at, chunk in chunks(stream):
        if at == ABOUT:
            _create(connection, number, About(**json.loads(chunk)))
            continue
        connection.execute("SELECT pg_catalog.lo_put(%s::oid, %s, %b)", (number, at, chunk))
        written += len(chunk)
        if limit is not None and written >= limit:
            break
    return written


def _create(connection: Connection, number: int, about: About) -> None:
    connection.execute("SELECT pg_catalog.lo_create(%s::oid)", (number,))
    name = sql.SQL("LARGE OBJECT {}").format(sql.Literal(number))
    if about.comment is not None:
        connection.execute(sql.SQL("COMMENT ON {} IS {}").format(name, about.comment))
    for grantee, privilege, grantable in about.grants:
        right = sql.SQL("UPDATE" if privilege == "UPDATE" else "SELECT")
        who = sql.Identifier(grantee) if grantee else sql.SQL("PUBLIC")
        option = sql.SQL(" WITH GRANT OPTION" if grantable else "")
        connection.execute(sql.SQL("GRANT {} ON {} TO {}{}").format(right, name, who, option))
    connection.execute(sql.SQL("ALTER {} OWNER TO {}").format(name, sql.Identifier(about.owner)))
