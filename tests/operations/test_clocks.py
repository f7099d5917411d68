"""Clocks that are wrong: what is newest and how old it is are told by the bucket's own."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from operations import backups, preflight
from operations.backups import Choice
from operations.manifest import Manifest, manifest_key
from operations.store import Store
from tests.operations.failing import published
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL

YEARS = timedelta(days=3650)


def taken_at(store: Store, manifest: Manifest, moment: datetime) -> None:
    """The same backup, as the server's clock would have dated it."""
    key = manifest_key(manifest)
    store.delete([key])
    store.put(key, manifest.model_copy(update={"taken_at": moment}).model_dump_json().encode())


@pytest.mark.usefixtures("filled")
def test_a_backup_of_the_future_is_not_the_newest_for_years(command: Command) -> None:
    store = command.bucket.store
    assert command("backup").code == 0
    (first,) = published(command.bucket)
    taken_at(store, first, first.taken_at + YEARS)
    assert command("backup").code == 0
    newest = backups.find(store, "stratmaster", Choice())
    assert newest.id != first.id


def test_a_clock_that_jumped_makes_no_old_backup_fresh(
    command: Command, filled: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = command.bucket.store
    assert command("backup").code == 0
    (only,) = published(command.bucket)
    taken_at(store, only, only.taken_at + YEARS)  # by the server's clock it will never be a day old
    tomorrow = store.now() + timedelta(hours=25)

    def later(_: Store) -> datetime:
        return tomorrow

    with filled.at().connect() as connection:
        assert not preflight.way_back(connection, filled.at(), store, "x").startswith("no backup")
        monkeypatch.setattr(Store, "now", later)
        assert preflight.way_back(connection, filled.at(), store, "x") == "no backup of the last 24 hours"
