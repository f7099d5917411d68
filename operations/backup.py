"""A full backup: one moment of a database, streamed into the bucket by several workers, published by its manifest.

The threat it answers is the backup that looks like one: a dump that stopped half-way, an object that never arrived, a
format that can't be read back. So nothing is published before every object was read back whole and some of it was
restored into a real server, and no run can touch what another one wrote.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from psycopg import sql

from operations import catalog, large_objects
from operations.dumping import LOCK_TIMEOUT, Snapshot, compress, copy_out
from operations.manifest import Content, File, Kind, Manifest, Properties, Table, data_key, manifest_key
from operations.parallel import Step, Stop, beside, each
from operations.postgres import STABLE, Connection, Server, refuse_older_tools, run_tool, value
from operations.store import Store

Proof = Callable[[Manifest], int]
"""Restores some of a backup that isn't published yet and gives the rows that came back; raises if it is no good."""

_LOCK_BATCH: Final = 200


def new_id(moment: catalog.Moment) -> str:
    """A backup's name: when by the server's clock, and something that no other run has."""
    return f"{moment.now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def back_up(server: Server, store: Store, *, workers: int, proof: Proof | None, kind: Kind = "full") -> Manifest:
    """Take a full backup and publish it.

    Args:
        server: the database.
        store: where to.
        workers: how many tables at a time.
        proof: what restores some of it before it is published.
        kind: full or safety.

    Returns:
        The manifest, as published.

    Raises:
        OperationError: anything failed; nothing is published then.
    """
    manifest = _take(server, store, workers, kind)
    with beside(lambda wanted: read_back(store, manifest.files, workers, wanted)):  # the proof mostly waits
        tested = None if proof is None else {"rows": proof(manifest), "of": _rows(manifest)}
    manifest = manifest.model_copy(update={"tested": tested})
    publish(store, manifest)
    return manifest


def publish(store: Store, manifest: Manifest) -> None:
    """Make a backup of objects that are all there."""
    store.put(manifest_key(manifest), manifest.model_dump_json(indent=1).encode())


def read_back(store: Store, files: Sequence[File], workers: int, wanted: Stop | None = None) -> int:
    """Read objects whole and compare them with what was written.

    Args:
        store: where they are.
        files: which.
        workers: how many at a time.
        wanted: whom to ask whether it still is.

    Returns:
        How many bytes were read.

    Raises:
        OperationError: one is gone, short or altered.
    """

    def read(file: File, stop: Stop) -> int:
        size = 0
        for block in store.read(file.stored()):
            stop.check()
            if wanted is not None:
                wanted.check()
            size += len(block)
        return size

    return sum(each(read, files, workers))


def _rows(manifest: Manifest) -> int:
    return sum(table.rows for table in manifest.full.tables)


def _take(server: Server, store: Store, workers: int, kind: Kind) -> Manifest:
    with server.connect({**STABLE, "lock_timeout": LOCK_TIMEOUT}) as connection:
        refuse_older_tools(connection)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        moment, properties = catalog.moment(connection), catalog.properties(connection)
        snapshot = Snapshot(
            server=server,
            name=cast("str", value(connection, "SELECT pg_export_snapshot()")),
            encoding=properties.encoding,
        )
        taking = _Taking(connection=connection, snapshot=snapshot, store=store, id=new_id(moment))
        content = taking.content(properties, workers)
        return Manifest(
            id=taking.id,
            kind=kind,
            database=server.database,
            taken_at=moment.now,
            server_version=connection.info.server_version,
            system_identifier=moment.system_identifier,
            lsn=moment.lsn,
            xid=moment.xid,
            plain_bytes=taking.plain_bytes + sum(table.plain_bytes for table in content.tables),
            files=(
                content.definitions,
                content.roles,
                content.large_objects,
                *(table.file for table in content.tables),
            ),
            content=content,
        )


@dataclass(kw_only=True)
class _Taking:
    """A backup in the making."""

    connection: Connection
    snapshot: Snapshot
    store: Store
    id: str
    plain_bytes: int = 0

    def content(self, properties: Properties, workers: int) -> Content:
        """Write everything but the manifest."""
        to_copy = catalog.tables(self.connection)
        self._hold(to_copy)
        described: list[File] = []

        def describe(stop: Stop) -> Sequence[Step]:
            described.extend((self._definitions(stop), self._roles(stop)))
            return ()

        tables = each(self._table, list(enumerate(to_copy, start=1)), workers, [describe])
        definitions, roles = described
        frames = large_objects.frames(self.connection)
        objects, size = compress(self.store, self._key("large-objects.zst"), frames)
        self.plain_bytes += size
        return Content(
            properties=properties,
            definitions=definitions,
            roles=roles,
            tables=tuple(tables),
            sequences=catalog.sequences(self.connection),
            large_objects=File.of(objects),
            large_object_count=catalog.large_objects(self.connection),
        )

    def _key(self, name: str) -> str:
        return data_key(self.snapshot.server.database, self.id, name)

    def _hold(self, tables: Sequence[catalog.TableToCopy]) -> None:
        """Keep the tables from being dropped or changed before a worker comes to them."""
        for begin in range(0, len(tables), _LOCK_BATCH):
            batch = tables[begin : begin + _LOCK_BATCH]
            names = sql.SQL(", ").join(sql.SQL("ONLY {}").format(table.identifier) for table in batch)
            self.connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))

    def _table(self, numbered: tuple[int, catalog.TableToCopy], stop: Stop) -> Table:
        number, table = numbered
        return copy_out(self.snapshot, self.store, self._key(f"tables/{number:05}.copy.zst"), table, stop)

    def _definitions(self, stop: Stop) -> File:
        """pg_dump's archive of everything but rows: what it knows of dependencies is not worked out again here."""
        moment = [f"--snapshot={self.snapshot.name}", f"--lock-wait-timeout={LOCK_TIMEOUT}"]
        with tempfile.TemporaryDirectory(prefix="backup-") as folder:
            archive = Path(folder) / "definitions"
            run_tool(
                ["pg_dump", "-w", "-Fc", "-B", "--section=pre-data", "--section=post-data", *moment],
                self.snapshot.server.environment(),
                doing="the dump of the definitions",
                to=archive,
                stop=stop,
            )
            body = archive.read_bytes()
        self.plain_bytes += len(body)
        return File.of(self.store.put(self._key("definitions.dump"), body))

    def _roles(self, stop: Stop) -> File:
        server = self.snapshot.server
        said = run_tool(
            ["pg_dumpall", "-w", "--globals-only", "--no-role-passwords", "-l", server.database],
            server.environment(),
            doing="the dump of the roles",
            stop=stop,
        )
        return File.of(self.store.put(self._key("roles.sql"), said.encode()))
