"""The program's own certificate and authority, and what cert-manager made of them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.stacks.recorded import run

if TYPE_CHECKING:
    from rehearsal.engine.wire import Value
    from tests.certificates.conftest import Cluster

TLS: Final = "stratmaster-tls"


def authority() -> list[dict[str, Value]]:
    """The objects of the foundation's authority."""
    recording = run("production", issuers={"letsEncrypt": None, "authority": True})
    assert recording.error is None, recording.error
    return [dict(each.inputs) for kind in ("Issuer", "Certificate") for each in recording.of_kind(kind)]


def certificate() -> dict[str, Value]:
    """traffic's certificate, signed by that authority."""
    (found,) = run("traffic", issuer="stratmaster-ca", issuerKind="Issuer").of_kind("Certificate")
    return dict(found.inputs)


def served(cluster: Cluster) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, x509.Certificate, str]:
    """What is in the Secret: certificate, key, the authority's certificate; and the Secret's uid."""
    secret = cluster.get("secret", TLS)
    data = {key: base64.b64decode(value) for key, value in secret["data"].items()}
    key = load_pem_private_key(data["tls.key"], None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    leaf, issuer = (x509.load_pem_x509_certificate(data[name]) for name in ("tls.crt", "ca.crt"))
    return leaf, key, issuer, secret["metadata"]["uid"]
