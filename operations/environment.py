"""What an operation is told by its environment: which database, which bucket.

Variables and not flags, since the values come from Secrets and flags are seen by all who may list processes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from operations.errors import OperationError

URL: Final = "POSTGRES_URL"
"""The guide's name for it (facts.md C27)."""
BUCKET: Final = "BACKUP_BUCKET"
PREFIX: Final = "BACKUP_PREFIX"
KMS_KEY: Final = "BACKUP_KMS_KEY"
RECIPIENTS: Final = "BACKUP_RECIPIENTS"
WORKERS: Final = "BACKUP_WORKERS"
RETENTION: Final = "BACKUP_RETENTION_DAYS"
WAL_ARCHIVE: Final = "WAL_ARCHIVE"
WAL_SERVER: Final = "WAL_SERVER"
SCRATCH: Final = "SCRATCH"

DEFAULT_WORKERS: Final = 3
"""Tables at a time: on two cores one waits for the bucket while two work."""
DEFAULT_RETENTION_DAYS: Final = 30  # facts.md 5


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The variables, read where they are needed so that a command asks only for what it uses."""

    variables: Mapping[str, str]

    @classmethod
    def of_process(cls) -> Environment:
        """This process's own."""
        return cls(variables=dict(os.environ))

    def url(self) -> str:
        """The database's URL; it holds the password, so it is never printed."""
        return self._needed(URL, "postgresql://user:password@host:5432/stratmaster")

    def bucket(self) -> str:
        """The bucket that backups go to."""
        return self._needed(BUCKET, "stratmaster-backups-prod")

    def prefix(self) -> str:
        """What every key in the bucket begins with, without slashes around it."""
        return self.variables.get(PREFIX, "").strip("/")

    def kms_key(self) -> str | None:
        """The key that the bucket encrypts with, or None for the bucket's own default."""
        return self.variables.get(KMS_KEY) or None

    def recipients(self) -> Sequence[str]:
        """The public keys that the backup of the configuration is encrypted for."""
        return self._needed(RECIPIENTS, "age1...").replace(",", " ").split()

    def workers(self) -> int:
        """How many tables are copied at a time."""
        return self._number(WORKERS, DEFAULT_WORKERS)

    def retention_days(self) -> int:
        """For how many days a backup is kept."""
        return self._number(RETENTION, DEFAULT_RETENTION_DAYS)

    def has(self, name: str) -> bool:
        """Whether a variable is set."""
        return bool(self.variables.get(name))

    def wal_archive(self) -> str:
        """Where the server's physical backups and its WAL are, for barman's tools."""
        return self._needed(WAL_ARCHIVE, "s3://stratmaster-backups-prod/physical")

    def wal_server(self) -> str:
        """The server's name there."""
        return self.variables.get(WAL_SERVER) or "postgres"

    def scratch(self) -> Path | None:
        """A folder with room for a whole database, or None for the machine's own for temporary files."""
        folder = self.variables.get(SCRATCH)
        return Path(folder) if folder else None

    def _needed(self, name: str, example: str) -> str:
        value = self.variables.get(name)
        if not value:
            raise OperationError(f"{name} is not set", f"Set it, for example {name}={example}")
        return value

    def _number(self, name: str, default: int) -> int:
        value = self.variables.get(name) or str(default)
        if not value.isdecimal() or int(value) < 1:
            raise OperationError(
                f"{name} is {value!r}", f"Set it to a whole number from 1 on; {default} is the default."
            )
        return int(value)
