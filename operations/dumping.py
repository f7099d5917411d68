"""A table's rows on their way out: the server's COPY, compressed, into the bucket, never on a disk.

psql does the copying and not psycopg: it hands the rows on without making a Python object of each, four times as fast.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final, cast

import zstandard
from psycopg import sql

from operations.catalog import TableToCopy
from operations.errors import OperationError
from operations.manifest import File, Table
from operations.parallel import Stop
from operations.postgres import STABLE, Server, first_error, tool
from operations.store import Store
from operations.upload import BLOCK, Stored

LEVEL: Final = 1
"""Of zstd. On StratMaster-like rows higher ones take longer and save nothing (docs/data.md has the figures)."""
LOCK_TIMEOUT: Final = "60s"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What all workers see: one moment of one database.

    Attributes:
        name: as the server exported it.
        encoding: the database's own, in which its rows are written.
    """

    server: Server
    name: str
    encoding: str


def compress(store: Store, key: str, stream: Iterator[bytes]) -> tuple[Stored, int, int]:
    """Write a stream to the bucket, compressed.

    Returns:
        The object, the lines in the stream, and its size before compression.
    """
    # write_checksum: decompressing checks the content again, whoever does it.
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
    lines = size = 0
    with store.upload(key) as upload:
        for block in stream:
            lines += block.count(b"\n")
            size += len(block)
            upload.write(compressor.compress(block))
        upload.write(compressor.flush())
    return Stored(key=key, size=upload.size, sha256=upload.sha256), lines, size


def decompress(stream: Iterator[bytes]) -> Iterator[bytes]:
    """The opposite.

    Raises:
        OperationError: it isn't whole.
    """
    try:
        yield from zstandard.ZstdDecompressor().read_to_iter(cast("IO[bytes]", _Reader(stream)), write_size=BLOCK)
    except zstandard.ZstdError as error:
        raise OperationError(f"a part of the backup can't be decompressed: {error}", "Use another backup.") from None
    for _ in stream:  # what gives the blocks out checks them once the last has gone
        raise OperationError("a part of the backup has something behind its end", "Use another backup.")


class _Reader(io.RawIOBase):
    """Blocks as the file that zstandard reads from."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        super().__init__()
        self._stream = stream
        self._waiting = memoryview(b"")

    def read(self, size: int = -1, /) -> bytes:
        if not self._waiting:
            self._waiting = memoryview(next(self._stream, b""))
        end = size if size >= 0 else len(self._waiting)
        given, self._waiting = self._waiting[:end], self._waiting[end:]
        return bytes(given)


def copy_out(snapshot: Snapshot, store: Store, key: str, table: TableToCopy, stop: Stop) -> Table:
    """Write a table's rows to the bucket.

    Raises:
        OperationError: the server or the bucket failed; there is no object then.
    """
    stored, rows, size = compress(store, key, _rows(snapshot, table, stop))
    return Table(
        schema_name=table.schema_name,
        name=table.name,
        columns=table.columns,
        condition=table.condition,
        rows=rows,
        plain_bytes=size,
        file=File.of(stored),
    )


def statement(table: TableToCopy, encoding: str) -> sql.Composed:
    """The COPY of one table's rows; in text format a row is a line, whatever is in it."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    if table.condition:
        # The condition comes from the extension's own script, as pg_dump takes it.
        chosen = sql.SQL("SELECT {} FROM {} ").format(columns, table.identifier) + sql.SQL(table.condition)  # pyright: ignore[reportArgumentType]  # no literal: from the catalog
        return sql.SQL("COPY ({}) TO STDOUT (ENCODING {})").format(chosen, encoding)
    listed = sql.SQL("({})").format(columns) if table.columns else sql.SQL("")
    return sql.SQL("COPY {} {} TO STDOUT (ENCODING {})").format(table.identifier, listed, encoding)


def _rows(snapshot: Snapshot, table: TableToCopy, stop: Stop) -> Iterator[bytes]:
    settings = {**STABLE, "lock_timeout": LOCK_TIMEOUT, "client_encoding": "UTF8"}
    command = [tool("psql"), "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1"]
    for query in (
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot.name).as_string(),
        statement(table, snapshot.encoding).as_string(),
    ):
        command += ["-c", query]
    with tempfile.TemporaryFile() as said:
        copying = subprocess.Popen(
            command, env=snapshot.server.environment(settings), stdout=subprocess.PIPE, stderr=said, bufsize=0
        )
        if copying.stdout is None:
            raise AssertionError
        try:
            while block := copying.stdout.read(BLOCK):
                stop.check()
                yield block
            code = copying.wait()
        finally:
            copying.kill()
            copying.wait()
            copying.stdout.close()
        if code != 0:
            said.seek(0)
            raise OperationError(
                f"the rows of {table.schema_name}.{table.name} could not be read: "
                + first_error(said.read().decode(errors="replace")),
                "Nothing was published. Mend what the server says, then run the backup again.",
            )
