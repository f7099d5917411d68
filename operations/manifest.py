"""What a backup is: the manifest, which is written last and is what makes a backup of some objects in a bucket.

An object without a manifest is nothing: a run that was killed, ran out of disk or lost its connection leaves no
manifest, so it can't be taken for a backup, be restored from, or let an older one be pruned.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from operations.copy_format import Format
from operations.errors import OperationError
from operations.upload import Stored

FORMAT: Final = 1
Kind = Literal["full", "safety", "plain", "schema"]
"""`safety` is a full backup of what a restore is about to replace."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class File(_Part):
    """An object of the backup: its key, its size in bytes, and the SHA-256 of its bytes."""

    key: str
    size: int
    sha256: str

    @classmethod
    def of(cls, stored: Stored) -> File:
        """As the store wrote it."""
        return cls(key=stored.key, size=stored.size, sha256=stored.sha256)

    def stored(self) -> Stored:
        """As the store reads it."""
        return Stored(key=self.key, size=self.size, sha256=self.sha256)


class Table(_Part):
    """A table's rows, as `COPY … TO STDOUT` wrote them.

    Attributes:
        columns: those that are stored, in their order; generated ones are computed again.
        condition: for an extension's own table, which rows are the user's (`WHERE …`), else empty.
        form: of the COPY.
        rows: how many.
        plain_bytes: before compression.
    """

    schema_name: str
    name: str
    columns: tuple[str, ...]
    condition: str = ""
    form: Format
    rows: int
    plain_bytes: int
    file: File


class Sequence(_Part):
    """A sequence's state."""

    schema_name: str
    name: str
    last_value: int
    is_called: bool


class Grant(_Part):
    """A privilege on the database; the grantee is empty for PUBLIC."""

    grantee: str
    privilege: str
    grantable: bool


class RoleSetting(_Part):
    """`ALTER DATABASE … SET`, or `ALTER ROLE … IN DATABASE … SET` where a role is named."""

    role: str
    settings: tuple[str, ...]


class Properties(_Part):
    """What belongs to the database itself and so is in no schema."""

    owner: str
    encoding: str
    collate: str
    ctype: str
    provider: str
    locale: str | None
    comment: str | None
    connection_limit: int
    grants: tuple[Grant, ...] | None
    settings: tuple[RoleSetting, ...]
    roles: tuple[str, ...]


class Content(_Part):
    """What a full backup holds.

    Attributes:
        definitions: pg_dump's archive of everything but rows.
        roles: the server's roles and their memberships, without passwords.
        large_objects: all of them in one object, in frames (`operations/large_objects.py`).
        large_object_count: how many.
    """

    properties: Properties
    definitions: File
    roles: File
    tables: tuple[Table, ...]
    sequences: tuple[Sequence, ...]
    large_objects: File
    large_object_count: int


class Manifest(_Part):
    """One backup.

    Attributes:
        id: unique; begins with when it was taken.
        taken_at: by the database server's clock.
        server_version: as in `server_version_num`.
        system_identifier: which server, so that positions in the WAL are only compared on the same one.
        lsn: the position in the WAL at the moment of the snapshot.
        xid: all transactions before this one are in the snapshot or were rolled back; of later ones, not all are.
        files: every object, those in `content` included.
        content: for a full or a safety backup.
        tested: how much of it was restored and compared before it was published: rows, and of how many.
    """

    format: Literal[1] = FORMAT
    id: str
    kind: Kind
    database: str
    taken_at: datetime
    server_version: int
    system_identifier: str
    lsn: str
    xid: int
    plain_bytes: int
    files: tuple[File, ...]
    content: Content | None = None
    tested: Mapping[str, int] | None = None

    @property
    def stored_bytes(self) -> int:
        """What it takes in the bucket."""
        return sum(file.size for file in self.files)

    @property
    def full(self) -> Content:
        """Its content.

        Raises:
            OperationError: it isn't a full backup.
        """
        if self.content is None:
            raise OperationError(f"{self.id} is a {self.kind} backup", "Name a full one.")
        return self.content

    @property
    def day(self) -> str:
        """When it was taken, as the guide writes a date: 20241220."""
        return self.taken_at.strftime("%Y%m%d")


def folder(database: str) -> str:
    """Where a database's backups are."""
    return quote(database, safe="")


def manifests_folder(database: str) -> str:
    """Where its manifests are."""
    return f"{folder(database)}/manifests/"


def manifest_key(manifest: Manifest) -> str:
    """Where a manifest is."""
    return f"{manifests_folder(manifest.database)}{manifest.id}.json"


def data_folder(database: str) -> str:
    """Where the parts of its backups are, a folder a backup."""
    return f"{folder(database)}/data/"


def data_key(database: str, backup: str, name: str) -> str:
    """Where a part of a backup is."""
    return f"{data_folder(database)}{backup}/{name}"


def parse(key: str, body: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        OperationError: it is none, or of a format that is newer than this program.
    """
    try:
        return Manifest.model_validate_json(body)
    except ValidationError as error:
        raise OperationError(
            f"{key} is no manifest that this version reads: {error.error_count()} fields are wrong",
            "Use the version of the operations image that wrote it, or another backup.",
        ) from None
