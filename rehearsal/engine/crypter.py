"""Secrets at rest, encrypted as Pulumi's passphrase provider does.

PBKDF2-SHA256 with a million iterations over an 8-byte salt gives an AES-256-GCM key; a ciphertext is
`v1:<nonce>:<data>`, a salt `v1:<salt>:<ciphertext of "pulumi">`, which tells a wrong passphrase before
anything is done with it (pulumi's `sdk/go/common/resource/config/crypt.go` and `pkg/secrets/passphrase`).
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rehearsal.errors import RehearsalError

ITERATIONS = 1_000_000


@functools.cache
def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ITERATIONS, dklen=32))


@functools.cache
def _salt(passphrase: str) -> bytes:
    """One salt for all that is made in one process, so that the key is derived once, and once again to read it all."""
    del passphrase
    return secrets.token_bytes(8)


@dataclass(frozen=True, kw_only=True)
class Crypter:
    """Encrypts and decrypts with one passphrase and one salt.

    The key takes a third of a second to derive, so it is derived when the first secret needs it: a stack
    without secrets never waits for it.

    Args:
        passphrase: what the key is derived from.
        salt: what else it is derived from, 8 bytes.
        check: the ciphertext of "pulumi" that proves the passphrase; empty for a new salt.
        where: the file it stands in, for the error.
    """

    passphrase: str
    salt: bytes
    check: str = ""
    where: str = ""

    def __repr__(self) -> str:
        return "Crypter([secret])"

    @classmethod
    def new(cls, passphrase: str) -> Crypter:
        """A crypter with this process's salt for `passphrase`."""
        return cls(passphrase=passphrase, salt=_salt(passphrase))

    @classmethod
    def of(cls, passphrase: str, description: str, *, where: str) -> Crypter:
        """The crypter that `description` (a state's salt, a stack file's `encryptionsalt`) was made by.

        Args:
            passphrase: the passphrase it should have been made with.
            description: `v1:<salt>:v1:<nonce>:<data>`.
            where: the file it stands in, for the error.

        Raises:
            RehearsalError: the description is malformed.
        """
        version, _, rest = description.partition(":")
        salt, _, check = rest.partition(":")
        try:
            decoded = base64.b64decode(salt, validate=True)
        except binascii.Error:
            decoded = b""
        crypter = cls(passphrase=passphrase, salt=decoded, check=check, where=where)
        if version != "v1" or not decoded or not check:
            raise crypter._wrong()
        return crypter

    def describe(self) -> str:
        """What `of` needs to find this crypter again."""
        return f"v1:{base64.b64encode(self.salt).decode()}:{self.check or self.encrypt('pulumi')}"

    def encrypt(self, text: str) -> str:
        """`text` as `v1:<nonce>:<data>`.

        Raises:
            RehearsalError: the passphrase isn't the one that everything else was encrypted with.
        """
        if self.check:
            self.decrypt(self.check)
        nonce = secrets.token_bytes(12)
        data = _cipher(self.passphrase, self.salt).encrypt(nonce, text.encode(), None)
        return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(data).decode()}"

    def decrypt(self, ciphertext: str) -> str:
        """The text of `v1:<nonce>:<data>`.

        Raises:
            RehearsalError: it has another form, another passphrase made it, or it was altered.
        """
        try:
            version, nonce, data = ciphertext.split(":")
            if version == "v1":
                cipher = _cipher(self.passphrase, self.salt)
                return cipher.decrypt(base64.b64decode(nonce), base64.b64decode(data), None).decode()
        except (ValueError, InvalidTag):
            pass
        raise self._wrong()

    def _wrong(self) -> RehearsalError:
        return RehearsalError(
            f"{self.where}: its secrets were not encrypted with this passphrase",
            "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one they were encrypted with.",
        )
