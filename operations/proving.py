"""Restoring a part of a backup, as proof that it can be restored."""

from __future__ import annotations

from typing import Final

from operations import databases
from operations.loading import Load, load
from operations.manifest import Manifest, Properties
from operations.scratch import scratch_server
from operations.store import Store

SAMPLE: Final = 1 << 20
"""Bytes of each table that are tried: enough for every index, constraint and type to be met."""
_NAME: Final = "proof"


def restores_in_part(store: Store, workers: int, manifest: Manifest) -> int:
    """Restore the definitions and the first rows of each table into a server that is thrown away.

    Returns:
        The rows that came back.

    Raises:
        OperationError: they don't.
    """
    with scratch_server() as server:
        with server.connect() as connection:
            databases.provide_roles(connection, manifest.full.properties, create_missing=True)
            databases.create(connection, _NAME, portable(manifest))
        target = server.of(_NAME)
        return load(Load(store=store, manifest=manifest, server=target, workers=workers, limit=SAMPLE))


def portable(manifest: Manifest) -> Properties:
    """The database's properties for a machine that may lack the locale: the order of text isn't what is being tried."""
    return manifest.full.properties.model_copy(update={"collate": "C", "ctype": "C", "provider": "c", "locale": None})
