"""The format of a sealed value, as the Sealed Secrets controller opens it, and what it is sealed for."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runbook.errors import RunbookError

_SESSION_KEY_BYTES: Final = 32
_LENGTH_BYTES: Final = 2
"""The wrapped session key comes after its length, big endian."""
_NONCE: Final = bytes(12)
"""Each session key seals one value and is thrown away, so the nonce may be what the controller expects: zero."""
_LEAST_BITS: Final = 2048


class Scope(StrEnum):
    """Where a sealed value may be opened."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"


def label(scope: Scope, namespace: str, name: str) -> bytes:
    """What binds a value to its place: it opens under this label and no other.

    Args:
        scope: how closely it is bound.
        namespace: of the Secret.
        name: of the Secret, which is the SealedSecret's as well.
    """
    return {
        Scope.STRICT: f"{namespace}/{name}",
        Scope.NAMESPACE_WIDE: namespace,
        Scope.CLUSTER_WIDE: "",
    }[scope].encode()


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Whom a value is sealed for.

    Attributes:
        key: what wraps the session keys.
        fingerprint: SHA-256 of the certificate, in hex: how to tell it from another.
        ends: when it ends.
    """

    key: RSAPublicKey
    fingerprint: str
    ends: datetime

    @classmethod
    def parse(cls, pem: bytes, origin: str, now: datetime) -> Certificate:
        """Read and check a certificate.

        An expired one is refused, as kubeseal refuses it: its key may have left the cluster by now.

        Args:
            pem: the certificate; of several the first.
            origin: where it came from, for errors.
            now: what it has to be valid at.

        Raises:
            RunbookError: it is none, isn't valid now, or has a key that nothing can be sealed with.
        """
        try:
            found = x509.load_pem_x509_certificate(pem)
            key = found.public_key()
        except ValueError:
            raise RunbookError(
                f"{origin} is no certificate in PEM form.",
                "Get it with `kubeseal --fetch-cert`, or leave --cert out to have it fetched from the cluster.",
            ) from None
        if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
            raise RunbookError(
                f"The certificate of {origin} has no RSA key of at least {_LEAST_BITS} bits.",
                "Give the certificate of a Sealed Secrets controller.",
            )
        if now >= found.not_valid_after_utc:
            raise RunbookError(
                f"The certificate of {origin} has expired on {found.not_valid_after_utc:%Y-%m-%d}.",
                "Have the controller make a new key (it does so every 30 days), and fetch its certificate again.",
            )
        if now < found.not_valid_before_utc:
            raise RunbookError(
                f"The certificate of {origin} is not valid before {found.not_valid_before_utc:%Y-%m-%d %H:%M} UTC.",
                f"This machine's clock says {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC: set it right.",
            )
        return cls(key=key, fingerprint=found.fingerprint(hashes.SHA256()).hex(), ends=found.not_valid_after_utc)


def seal(value: bytes, certificate: Certificate, place: bytes) -> str:
    """A value as only the controller opens it, and only for its place.

    Args:
        value: any bytes, none at all too.
        certificate: the controller's.
        place: the label of its scope.

    Returns:
        Base64 of: the wrapped key's length, the session key wrapped by RSA-OAEP (SHA-256, the place as its label), the
        value under AES-256-GCM.
    """
    session = secrets.token_bytes(_SESSION_KEY_BYTES)
    padding = OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=place)
    wrapped = certificate.key.encrypt(session, padding)
    sealed = AESGCM(session).encrypt(_NONCE, value, None)
    return base64.b64encode(len(wrapped).to_bytes(_LENGTH_BYTES, "big") + wrapped + sealed).decode()
