"""The plane's own certificate authority, its servers' and clients' certificates, and its other keys.

Threat: the servers listen on loopback, where every local user can connect. So each of them, etcd included,
asks for a client certificate of this authority, whose key never leaves the home (directories 0700, files 0600),
and Secrets are encrypted before etcd writes them.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

AUTHORITY = "ca"
SERVING = "serving"
SERVICE_ACCOUNTS = "service-accounts"
ENCRYPTION = "encryption.json"
# Certificate and user of each client, every one of them in ADMINISTRATORS: what the
# controllers may do is not what a rehearsal rehearses, and with rights of their own they would wait at the first
# start for the bootstrap roles, or for a token each.
CLIENTS = {
    "admin": "rehearsal-administrator",
    "kube-apiserver": "kube-apiserver-etcd-client",
    "kube-controller-manager": "system:kube-controller-manager",
    "kube-scheduler": "system:kube-scheduler",
    "kwok": "kwok",
    "sealed-secrets-controller": "sealed-secrets-controller",
}
ADMINISTRATORS = "system:masters"
LIFETIME = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)
# First address of the Service range, where a cluster's own clients find the API server.
SERVICE_RANGE = "10.96.0.0/16"
NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
ADDRESSES = ("127.0.0.1", "10.96.0.1")


def ensure(folder: Path) -> bool:
    """Make what is missing in the folder, and everything anew when the certificates near their end.

    The service accounts' and the encryption key stay when certificates are renewed: objects in etcd need them.

    Returns:
        Whether certificates were issued; servers that hold older ones no longer trust each other.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path, make in ((folder / f"{SERVICE_ACCOUNTS}.key", _private_key), (folder / ENCRYPTION, _encryption)):
        if not path.exists():
            _write(path, make())
    if _valid(folder):
        return False
    _issue_all(folder)
    return True


def _valid(folder: Path) -> bool:
    """Whether every certificate is there; the authority's is written last, so it speaks for all."""
    try:
        authority = x509.load_pem_x509_certificate((folder / f"{AUTHORITY}.crt").read_bytes())
    except (OSError, ValueError):
        return False
    complete = all((folder / f"{name}.{end}").exists() for name in (SERVING, *CLIENTS) for end in ("crt", "key"))
    return complete and authority.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)


def _issue_all(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rehearsal")])
    serving = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
    alternatives = x509.SubjectAlternativeName(
        [*(x509.DNSName(each) for each in NAMES), *(x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES)]
    )
    # etcd's peers present their serving certificate as client too, hence both uses.
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    _issue(folder / SERVING, _builder(serving, name).add_extension(alternatives, critical=False), both, key)
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    for file, user in CLIENTS.items():
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, ADMINISTRATORS),
                x509.NameAttribute(NameOID.COMMON_NAME, user),
            ]
        )
        _issue(folder / file, _builder(subject, name), client, key)
    authority = (
        _builder(name, name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder / f"{AUTHORITY}.crt", authority.public_bytes(serialization.Encoding.PEM))


def _builder(subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        # A clock set back a little must not make a fresh certificate "not yet valid".
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
    )


def _issue(
    stem: Path, builder: x509.CertificateBuilder, use: x509.ExtendedKeyUsage, authority: ec.EllipticCurvePrivateKey
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        builder.public_key(key.public_key()).add_extension(use, critical=False).sign(authority, hashes.SHA256())
    )
    _write(stem.with_name(f"{stem.name}.key"), _pem(key))
    _write(stem.with_name(f"{stem.name}.crt"), certificate.public_bytes(serialization.Encoding.PEM))


def _private_key() -> bytes:
    """The service accounts' key in SEC 1 form: the API server takes the public half only from a key in that form."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _encryption() -> bytes:
    """The API server's encryption configuration: Secrets by a fresh key, everything else as it is."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    configuration = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {"resources": ["secrets"], "providers": [{"secretbox": {"keys": [{"name": "rehearsal", "secret": key}]}}]}
        ],
    }
    return json.dumps(configuration).encode()


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from the first byte on, and that is never half there."""
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
