"""What a backup of the configuration is: as for the database's, its manifest, which is written last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from operations.backups import Choice, chosen
from operations.errors import OperationError
from operations.manifest import File
from operations.store import Store

MANIFESTS: Final = "cluster/config/manifests/"
"""No database's: theirs are one folder higher."""
DATA: Final = "cluster/config/data/"


class ConfigManifest(BaseModel):
    """One backup of the configuration.

    Attributes:
        id: unique; begins with when it was taken.
        taken_at: by the bucket's clock.
        server_version: Kubernetes'.
        namespaces: those that were asked for.
        absent: of them, those that weren't there.
        counts: kind -> objects.
        recipients: the public keys it is encrypted for.
        plain_bytes: before compression and encryption.
        file: the envelope.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    kind: Literal["config"] = "config"
    id: str
    taken_at: datetime
    server_version: str
    namespaces: tuple[str, ...]
    absent: tuple[str, ...]
    counts: Mapping[str, int]
    recipients: tuple[str, ...]
    plain_bytes: int
    file: File

    @property
    def files(self) -> tuple[File, ...]:
        """Its objects in the bucket."""
        return (self.file,)

    @property
    def stored_bytes(self) -> int:
        """What it takes in the bucket."""
        return self.file.size

    @property
    def day(self) -> str:
        """When it was taken, as the guide writes a date: 20241220."""
        return self.taken_at.strftime("%Y%m%d")


def parse(key: str, body: bytes) -> ConfigManifest:
    """Read a manifest.

    Raises:
        OperationError: it is none, or of a format that is newer than this program.
    """
    try:
        return ConfigManifest.model_validate_json(body)
    except ValidationError as error:
        raise OperationError(
            f"{key} is no manifest that this version reads: {error.error_count()} fields are wrong",
            "Use the version of the operations image that wrote it, or another backup.",
        ) from None


def all_of(store: Store) -> Sequence[ConfigManifest]:
    """Those that are published, the oldest first."""
    found = (parse(key, store.get(key)) for key, _ in store.listed(MANIFESTS))
    return sorted(found, key=lambda one: (one.taken_at, one.id))


def find(store: Store, choice: Choice) -> ConfigManifest:
    """The one that is meant.

    Raises:
        OperationError: there is none such; it says what there is.
    """
    return chosen(all_of(store), choice, "the configuration", store.place(MANIFESTS))
