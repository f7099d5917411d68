"""The envelope: what only the holders of a key can open, age's format (`age -d` opens it too).

The cluster has public keys alone. Who takes the bucket, its KMS key and the job's account with it can't read a word of
what was written, and the private key needs to be nowhere near: on paper, or in a safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyrage
import zstandard

from operations.errors import OperationError

_LEVEL: Final = 9
_LARGEST: Final = 1 << 30


def recipients(texts: Sequence[str]) -> Sequence[pyrage.x25519.Recipient]:
    """Public keys, read.

    Raises:
        OperationError: one is none. It isn't repeated: it may be a private key in the wrong place.
    """
    found: list[pyrage.x25519.Recipient] = []
    for number, text in enumerate(texts, start=1):
        try:
            found.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError:
            raise OperationError(
                f"recipient {number} of BACKUP_RECIPIENTS is no public key of age",
                "Make a pair with `age-keygen -o key.txt`, keep the file, and give what it prints: age1...",
            ) from None
    return found


def seal(plain: bytes, to: Sequence[pyrage.x25519.Recipient]) -> tuple[bytes, pyrage.x25519.Identity]:
    """Compress and encrypt.

    Returns:
        The envelope, and one more key to it, which is to be forgotten after the proof: nothing could prove an envelope
        that nobody here can open.
    """
    proof = pyrage.x25519.Identity.generate()
    return pyrage.encrypt(zstandard.compress(plain, _LEVEL), [*to, proof.to_public()]), proof


def unseal(body: bytes, identities: Sequence[pyrage.x25519.Identity]) -> bytes:
    """Decrypt and decompress.

    Raises:
        OperationError: none of the keys fits, or it was altered.
    """
    try:
        return zstandard.decompress(pyrage.decrypt(body, identities), max_output_size=_LARGEST)
    except (pyrage.DecryptError, zstandard.ZstdError) as error:
        raise OperationError(
            f"the backup of the configuration can't be opened: {error}",
            "Give the private key of one of its recipients; `list-config` shows whom each backup is for.",
        ) from None


def identities(file: Path) -> Sequence[pyrage.x25519.Identity]:
    """The private keys in a file of age's.

    Raises:
        OperationError: it can't be read, or holds none.
    """
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        raise OperationError(f"the key file {file} can't be read", "Give the file that age-keygen made.") from None
    try:
        found = [pyrage.x25519.Identity.from_str(line.strip()) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except pyrage.IdentityError:
        found = []
    if not found:
        raise OperationError(
            f"{file} holds no private key of age",
            "It begins with AGE-SECRET-KEY-1; give the file that age-keygen made.",
        )
    return found
