"""A table's rows on their way out: the server's COPY, compressed, into the bucket, never on a disk.

psql does the copying and not psycopg: it hands the rows on without making a Python object of each, four times as fast.
"""

from __future__ import annotations

import fcntl
import io
import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
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
_COUNT: Final = re.compile(r"^COPY (\d+)\s*\Z", re.MULTILINE)


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


def compress(store: Store, key: str, stream: Iterator[bytes]) -> tuple[Stored, int]:
    """Write a stream to the bucket, compressed.

    Returns:
        The object, and its size before compression.
    """
    # write_checksum: decompressing checks the content again, whoever does it.
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
    size = 0
    with store.upload(key) as upload:
        for block in stream:
            size += len(block)
            upload.write(compressor.compress(block))
        upload.write(compressor.flush())
    return Stored(key=key, size=upload.size, sha256=upload.sha256), size


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
    copying = _Copying(snapshot, table, stop)
    stored, size = compress(store, key, copying.blocks())
    return Table(
        schema_name=table.schema_name,
        name=table.name,
        columns=table.columns,
        condition=table.condition,
        form=table.form,
        rows=copying.rows,
        plain_bytes=size,
        file=File.of(stored),
    )


def statement(table: TableToCopy, encoding: str) -> sql.Composed:
    """The COPY of one table's rows, as psql's own command: its rows go out here, and its count there."""
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    options = sql.SQL("(ENCODING {}, FORMAT {})").format(encoding, sql.SQL(table.form))
    if table.condition:
        # The condition comes from the extension's own script, as pg_dump takes it.
        chosen = sql.SQL("SELECT {} FROM {} ").format(columns, table.identifier) + sql.SQL(table.condition)  # pyright: ignore[reportArgumentType]  # no literal: from the catalog
        return sql.SQL("\\copy ({}) TO pstdout {}").format(chosen, options)
    listed = sql.SQL("({})").format(columns) if table.columns else sql.SQL("")
    return sql.SQL("\\copy {} {} TO pstdout {}").format(table.identifier, listed, options)


class _Copying:
    """One psql that copies one table.

    Attributes:
        rows: how many it copied, once all blocks were given out; the server counted them.
    """

    def __init__(self, snapshot: Snapshot, table: TableToCopy, stop: Stop) -> None:
        self._snapshot, self._table, self._stop = snapshot, table, stop
        self.rows = 0

    def _command(self) -> list[str]:
        # Without -o the count would go where the rows go, and psql would leave it out.
        command = [tool("psql"), "-X", "-A", "-t", "-w", "-o", "/dev/stderr", "-v", "ON_ERROR_STOP=1"]
        for query in (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            sql.SQL("SET TRANSACTION SNAPSHOT {}").format(self._snapshot.name).as_string(),
            statement(self._table, self._snapshot.encoding).as_string(),
        ):
            command += ["-c", query]
        return command

    def blocks(self) -> Iterator[bytes]:
        """What the server writes.

        Raises:
            OperationError: it stopped before the end.
        """
        settings = {**STABLE, "lock_timeout": LOCK_TIMEOUT}
        environment = self._snapshot.server.environment(settings)
        with tempfile.TemporaryFile() as said:
            copying = subprocess.Popen(self._command(), env=environment, stdout=subprocess.PIPE, stderr=said, bufsize=0)
            output = copying.stdout
            if output is None:
                raise AssertionError
            with suppress(OSError):  # a machine may allow less; then psql and this one take turns more often
                fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, BLOCK)
            try:
                while block := output.read(BLOCK):
                    self._stop.check()
                    yield block
                code = copying.wait()
            finally:
                copying.kill()
                copying.wait()
                output.close()
            said.seek(0)
            self._end(code, said.read().decode(errors="replace"))

    def _end(self, code: int, said: str) -> None:
        counted = _COUNT.search(said)
        if code != 0 or counted is None:
            raise OperationError(
                f"the rows of {self._table.schema_name}.{self._table.name} could not be read: {first_error(said)}",
                "Nothing was published. Mend what the server says, then run the backup again.",
            )
        self.rows = int(counted.group(1))
