"""Old backups go, the one that is needed never does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations import prune as pruning
from operations.config import manifest as config
from operations.manifest import manifest_key, parse
from operations.prune import Aged
from tests.operations.failing import published
from tests.operations.running import Command


def backup_of(day: int, kind: str = "full") -> Aged:
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    body = (
        f'{{"id": "{when:%Y%m%d}-{kind}", "kind": "{kind}", "database": "d", "taken_at": "{when.isoformat()}",'
        ' "server_version": 160000, "system_identifier": "1", "lsn": "0/1", "xid": 1, "plain_bytes": 1, "files": []}'
    )
    return Aged(manifest=parse("k", body.encode()), key="k", published=when)


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
    backups = [Aged(manifest=one, key=manifest_key(one), published=one.taken_at) for one in published(command.bucket)]
    gone = pruning.prunable(backups, backups[0].published + timedelta(days=30, seconds=1), timedelta(days=30))
    for backup in gone:
        pruning.delete(store, backup)
    assert not set(old) & set(command.bucket.keys())
    assert command("restore", "--latest", "--force").code == 0


def test_what_a_killed_run_left_goes_once_no_run_can_still_publish_it() -> None:
    now = datetime(2026, 1, 10, tzinfo=UTC)
    old, young = now - timedelta(days=3), now - timedelta(hours=9)
    data = [("d/data/killed/a", old), ("d/data/killed/b", old), ("d/data/good/a", old), ("d/data/late/a", old)]
    data.append(("d/data/late/b", young))
    left = pruning.abandoned(data, "d/data/", ["good"], now)
    assert left == {"killed": ["d/data/killed/a", "d/data/killed/b"]}


@pytest.mark.usefixtures("filled")
def test_a_killed_runs_objects_go_and_the_backups_stay(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("backup").code == 0
    store, good = command.bucket.store, set(command.bucket.keys())
    for key in ("stratmaster/data/killed/tables/00001.copy.zst", f"{config.DATA}killed/k8s.age"):
        store.put(key, b"half")
    assert command("prune").code == 0
    assert len(command.bucket.keys()) == len(good) + 2, "a run of today may still publish them"
    monkeypatch.setattr(pruning, "ABANDONED", timedelta(0))
    done = pruning.prune(store, "stratmaster", timedelta(days=30))
    assert (done.backups, done.abandoned) == ([], ["killed", "killed"])
    assert set(command.bucket.keys()) == good


@pytest.mark.usefixtures("filled")
def test_a_wrong_clock_on_this_machine_prunes_nothing(command: Command) -> None:
    assert (command("backup").code, command("backup").code) == (0, 0)
    assert command("prune").code == 0
    assert len(command.bucket.manifests()) == 2
    text = Path(pruning.__file__).read_text()
    assert not re.search(r"\b(datetime\.now|time\.time|utcnow)\(", text)
