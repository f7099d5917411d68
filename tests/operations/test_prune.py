"""Old backups go, the one that is needed never does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations import prune as pruning
from operations.manifest import parse
from operations.prune import Aged
from tests.operations.failing import published
from tests.operations.running import Command


def backup_of(day: int, kind: str = "full") -> Aged:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    body = (
        f'{{"id": "{when:%Y%m%d}-{kind}", "kind": "{kind}", "database": "d", "taken_at": "{when.isoformat()}",'
        ' "server_version": 160000, "system_identifier": "1", "lsn": "0/1", "xid": 1, "plain_bytes": 1, "files": []}'
    )
    return Aged(manifest=parse("k", body.encode()), published=when)


def test_pruning_deletes_the_old_and_never_the_last() -> None:
    backups = [backup_of(day) for day in (0, 10, 40)]
    keep, start = timedelta(days=30), datetime(2026, 1, 1, tzinfo=UTC)
    assert pruning.prunable(backups, start + timedelta(days=41), keep) == backups[:2]
    assert pruning.prunable(backups, start + timedelta(days=30), keep) == []
    assert pruning.prunable(backups, start + timedelta(days=5000), keep) == [], (
        "backups have stopped: keep what is left"
    )


@pytest.mark.usefixtures("filled")
def test_pruning_takes_a_backup_and_all_its_objects(command: Command) -> None:
    assert command("backup").code == 0
    old = command.bucket.keys()
    assert command("backup").code == 0
    store = command.bucket.store
    backups = [Aged(manifest=one, published=one.taken_at) for one in published(command.bucket)]
    gone = pruning.prunable(backups, backups[0].published + timedelta(days=30, seconds=1), timedelta(days=30))
    for backup in gone:
        pruning.delete(store, backup.manifest)
    assert not set(old) & set(command.bucket.keys())
    assert command("restore", "--latest", "--force").code == 0


@pytest.mark.usefixtures("filled")
def test_a_wrong_clock_on_this_machine_prunes_nothing(command: Command) -> None:
    assert (command("backup").code, command("backup").code) == (0, 0)
    assert command("prune").code == 0
    assert len(command.bucket.manifests()) == 2
    text = Path(pruning.__file__).read_text()
    assert not re.search(r"\b(datetime\.now|time\.time|utcnow)\(", text)
