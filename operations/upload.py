"""An object on its way into a bucket, in parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from operations.errors import OperationError

BLOCK: Final = 1 << 20
SMALL_PARTS: Final = 4_000
MAXIMUM_PARTS: Final = 10_000  # S3's own


def part_size(number: int) -> int:
    """Bytes of a part: small while small will do, since a part is held in memory. 10 000 parts hold 170 GiB."""
    return (8 << 20) if number <= SMALL_PARTS else (24 << 20)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object as it was written.

    Attributes:
        key: its name, without the store's prefix.
        size: in bytes.
        sha256: of its bytes.
    """

    key: str
    size: int
    sha256: str


class Upload:
    """An object on its way; it is there once `Store.upload` has ended without an error."""

    def __init__(self, send: Callable[[int, bytes], None]) -> None:
        self._send = send
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self.size = 0
        self.parts = 0

    @property
    def sha256(self) -> str:
        """Of all that was written."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Add bytes; a full part is sent at once."""
        self._digest.update(data)
        self.size += len(data)
        self._waiting += data
        if len(self._waiting) >= part_size(self.parts + 1):
            self.send_part()

    def send_part(self) -> None:
        """Send what is waiting as a part."""
        if self.parts >= MAXIMUM_PARTS:
            raise OperationError("an object is over 170 GiB", "Split the table that it holds into partitions.")
        self.parts += 1
        self._send(self.parts, self.rest())

    def rest(self) -> bytes:
        """Take what is waiting."""
        body = bytes(self._waiting)
        self._waiting.clear()
        return body
