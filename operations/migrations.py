"""The migrations of this version: SQL files in order, each marked `expand` or `contract`, each with its rollback.

An expand step only adds, so the version before it keeps working: that is what lets two slots of different versions run
on one database. A contract step takes away what no version in use needs any more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from operations.errors import OperationError

FOLDER: Final = Path(__file__).parent.parent / "database"
Phase = Literal["expand", "contract"]

_NAME: Final = re.compile(r"(\d{3})_[a-z0-9_]+\.sql")
_MARK: Final = re.compile(r"-- phase: (expand|contract)")


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One migration.

    Attributes:
        number: its place in the order.
        name: of its file.
        checksum: SHA-256 of the file.
        sql: what it does.
        rollback: what takes it back.
    """

    number: int
    name: str
    phase: Phase
    checksum: str
    sql: str
    rollback: str


def read(folder: Path = FOLDER) -> Sequence[Migration]:
    """All migrations in a folder, in order.

    Raises:
        OperationError: a name, a mark, a rollback or a number is wrong.
    """
    files = sorted((folder / "migrations").glob("*.sql"))
    if not files:
        raise OperationError(f"there is no migration in {folder / 'migrations'}", "Is the image built from a checkout?")
    found = [_read(file, folder) for file in files]
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise OperationError(
                f"{migration.name} comes where number {expected:03} should", "Number migrations without gaps, from 001."
            )
    return found


def _read(file: Path, folder: Path) -> Migration:
    named = _NAME.fullmatch(file.name)
    if named is None:
        raise OperationError(f"{file.name} is no migration's name", "Call it as 002_what_it_does.sql.")
    text = file.read_text(encoding="utf-8")
    marked = _MARK.match(text)
    if marked is None:
        raise OperationError(
            f"{file.name} doesn't say what it is", "Begin it with `-- phase: expand` or `-- phase: contract`."
        )
    rollback = folder / "rollback" / f"rollback_{named.group(1)}.sql"
    if not rollback.exists():
        raise OperationError(f"{file.name} has no rollback", f"Write {rollback.name} into {rollback.parent}.")
    return Migration(
        number=int(named.group(1)),
        name=file.name,
        phase="expand" if marked.group(1) == "expand" else "contract",
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        sql=text,
        rollback=rollback.read_text(encoding="utf-8"),
    )
