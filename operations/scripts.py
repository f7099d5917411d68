"""Backups as SQL scripts, as the guide writes them: `stratmaster-full-<date>.sql.gz` and `schema-<date>.sql`.

They are for people and for other tools. What restores in parallel and is proven is the full backup.
"""

from __future__ import annotations

import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from typing import Final

from operations import catalog
from operations.backup import new_id, publish, read_back
from operations.errors import OperationError
from operations.manifest import File, Kind, Manifest, data_key
from operations.postgres import Server, first_error, refuse_older_tools, tool
from operations.store import Store
from operations.upload import BLOCK, Stored

_GZIP: Final = 31
"""zlib's number for the format that gunzip reads, with the largest window."""
_RESTRICT_KEY: Final = "stratmaster"
"""psql's guard of a script, which is random where nobody says it: a dump of the same schema has to be the same."""


def write_script(server: Server, store: Store, kind: Kind) -> Manifest:
    """Write a script and publish it.

    Args:
        server: the database.
        store: where to.
        kind: `plain` for everything, compressed, or `schema`.

    Raises:
        OperationError: anything failed; nothing is published then.
    """
    with server.connect() as connection:
        refuse_older_tools(connection)
        moment, version = catalog.moment(connection), connection.info.server_version
    backup, day = new_id(moment), f"{moment.now:%Y%m%d}"
    name = f"{server.database}-full-{day}.sql.gz" if kind == "plain" else f"schema-{day}.sql"
    key = data_key(server.database, backup, name)
    options = [] if kind == "plain" else ["--schema-only"]
    stored, size = _upload(store, key, _dump(server, options), compressed=kind == "plain")
    file = File.of(stored)
    read_back(store, [file], 1)
    manifest = Manifest(
        id=backup,
        kind=kind,
        database=server.database,
        taken_at=moment.now,
        server_version=version,
        system_identifier=moment.system_identifier,
        lsn=moment.lsn,
        xid=moment.xid,
        plain_bytes=size,
        files=(file,),
    )
    publish(store, manifest)
    return manifest


def _upload(store: Store, key: str, stream: Iterator[bytes], *, compressed: bool) -> tuple[Stored, int]:
    gzip, size = zlib.compressobj(wbits=_GZIP), 0
    with store.upload(key) as upload:
        for block in stream:
            size += len(block)
            upload.write(gzip.compress(block) if compressed else block)
        if compressed:
            upload.write(gzip.flush())
    return Stored(key=key, size=upload.size, sha256=upload.sha256), size


def _dump(server: Server, options: list[str]) -> Iterator[bytes]:
    command = [tool("pg_dump"), "-w", *options]
    if "--restrict-key" in subprocess.run([command[0], "--help"], check=True, capture_output=True, text=True).stdout:
        command.append(f"--restrict-key={_RESTRICT_KEY}")
    with tempfile.TemporaryFile() as said:
        dumping = subprocess.Popen(command, env=server.environment(), stdout=subprocess.PIPE, stderr=said, bufsize=0)
        output = dumping.stdout
        if output is None:
            raise AssertionError
        try:
            while block := output.read(BLOCK):
                yield block
            code = dumping.wait()
        finally:
            dumping.kill()
            dumping.wait()
            output.close()
        if code != 0:
            said.seek(0)
            raise OperationError(
                f"the dump of {server.place} failed: {first_error(said.read().decode(errors='replace'))}",
                "Nothing was published. Mend what pg_dump says, then run it again.",
            )
