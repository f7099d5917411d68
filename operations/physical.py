"""Physical backups and the archive of the WAL, as barman-cloud keeps them: what brings back any moment, not only 02:00.

CloudNativePG's plugin writes the same archive, so a drill reads what production has written. The tools are barman's own
(`barman-cli-cloud`); endpoint and credentials reach them by the environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, cast

from operations.errors import OperationError
from operations.scratch import UNPRIVILEGED, provide
from operations.store import Store

SEGMENT: Final = 16 << 20
"""PostgreSQL's own size of a WAL segment, which CloudNativePG keeps."""
_SEGMENT_NAME: Final = 24
_TARGETS: Final = frozenset({"time", "xid", "lsn", "name"})


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where a server archives to.

    Attributes:
        url: s3://bucket/prefix.
        server: its name there.
    """

    url: str
    server: str

    @property
    def restore_command(self) -> str:
        """What PostgreSQL fetches a WAL segment with."""
        return f"{_tool('barman-cloud-wal-restore')} {self.url} {self.server} %f %p"

    def restore_command_until(self, segment: str) -> str:
        """The same for an archive that ends with a segment: what came later isn't there."""
        later = f"case %f in *.history) ;; *) [ %f \\> {segment} ] && exit 1 ;; esac"
        return f"{later}; {self.restore_command}"


@dataclass(frozen=True, kw_only=True)
class BaseBackup:
    """A physical backup.

    Attributes:
        id: as barman calls it.
        ended: when it was whole; no moment before can be restored from it.
        end_lsn: the same as a position in the WAL.
    """

    id: str
    ended: datetime
    end_lsn: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """The moment to go back to.

    Attributes:
        kind: time, xid, lsn or name (of a restore point); empty for as far as the archive reaches.
        value: as PostgreSQL writes it.
    """

    kind: str = ""
    value: str = ""

    def settings(self, action: str) -> dict[str, str]:
        """As the server's settings."""
        timeline = {"recovery_target_timeline": "latest"}
        if self.kind not in _TARGETS:
            return timeline
        return {**timeline, f"recovery_target_{self.kind}": self.value, "recovery_target_action": action}


def base_backups(archive: Archive) -> Sequence[BaseBackup]:
    """The physical backups in an archive, the oldest first.

    Raises:
        OperationError: there is none, or the archive can't be read.
    """
    said = _run("barman-cloud-backup-list", "--format", "json", archive.url, archive.server)
    listed = cast("list[dict[str, str]]", json.loads(said)["backups_list"])
    found = [
        BaseBackup(id=one["backup_id"], ended=aware(one["end_time_iso"]), end_lsn=one["end_xlog"])
        for one in listed
        if one.get("status") == "DONE"
    ]
    if not found:
        raise OperationError(
            f"there is no physical backup of {archive.server} in {archive.url}",
            "Check WAL_ARCHIVE and WAL_SERVER, and whether barman-cloud-backup has ever run.",
        )
    return sorted(found, key=lambda one: one.ended)


def aware(text: str) -> datetime:
    """A moment as ISO 8601 writes it; in UTC where it doesn't say.

    Raises:
        OperationError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise OperationError(f"{text} is no time", "Write it as 2024-12-20T10:00:00+00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def chosen(backups: Sequence[BaseBackup], target: Target) -> BaseBackup:
    """The newest backup from which a moment can be reached.

    Raises:
        OperationError: the moment is before the oldest.
    """
    if target.kind == "time":
        moment = aware(target.value)
        backups = [one for one in backups if one.ended <= moment]
    elif target.kind == "lsn":
        backups = [one for one in backups if position(one.end_lsn) <= position(target.value)]
    elif target.kind:  # when a transaction or a restore point was, only the WAL knows: begin as early as can be
        return backups[0]
    if not backups:
        raise OperationError(
            f"no physical backup was whole at {target.value}", "Name a later moment, or restore that day's full backup."
        )
    return backups[-1]


def last_segment(archive: Archive) -> str:
    """The name of the newest segment in an archive.

    Raises:
        OperationError: there is none, or the bucket can't be read.
    """
    store = Store.at(archive.url)
    names = [key.rpartition("/")[2].partition(".")[0] for key, _ in store.listed(f"{archive.server}/wals/")]
    segments = sorted(name for name in names if len(name) == _SEGMENT_NAME)
    if not segments:
        raise OperationError(f"there is no WAL in {archive.url}", "Is the server archiving? pg_stat_archiver tells.")
    return segments[-1]


def beginning(segment: str) -> int:
    """Where a segment begins, as a number."""
    return (int(segment[8:16], 16) << 32) + int(segment[16:], 16) * SEGMENT


def fetch(archive: Archive, backup: BaseBackup, data: Path) -> None:
    """Download a physical backup into an empty folder.

    Raises:
        OperationError: something is in the folder, or the download failed.
    """
    if data.exists() and any(data.iterdir()):
        raise OperationError(f"{data} is not empty", "Name a new folder: data are never overwritten.")
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    provide(data)
    _run("barman-cloud-restore", archive.url, archive.server, backup.id, str(data))


def prepare(archive: Archive, data: Path, target: Target) -> None:
    """Make a fetched backup go on to a moment when its server starts, and take writes from there."""
    settings = {"restore_command": archive.restore_command, **target.settings("promote")}
    with (data / "postgresql.auto.conf").open("a") as config:
        config.writelines(f"{name} = {quoted(text)}\n" for name, text in settings.items())
    (data / "recovery.signal").touch()
    provide(data / "recovery.signal")


def quoted(text: str) -> str:
    """A setting's value in a configuration file."""
    return "'" + text.replace("'", "''") + "'"


def position(lsn: str) -> int:
    """A position in the WAL as a number."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn(number: int) -> str:
    """The opposite."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise OperationError(f"{name} is not on the PATH", "Install barman-cli-cloud (Debian) or barman (PyPI).")
    return found


def _run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [_tool(name), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=UNPRIVILEGED if os.geteuid() == 0 else None,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise OperationError(
            f"{name} failed: {lines[-1] if lines else 'it said nothing'}",
            "Is the archive there, and are its keys right?",
        )
    return done.stdout
