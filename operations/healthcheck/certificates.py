"""Asks for the certificate that users are served: is it for the name, is it trusted, how many days are left."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from operations.errors import OperationError
from operations.healthcheck.limits import CERTIFICATE_DAYS
from operations.healthcheck.verdict import Finding, Verdict

_DAY: Final = 86400
_HOW: Final = "`cmctl renew stratmaster-tls -n stratmaster-production`; see the runbook ServedCertificateEnding."


def ask(url: str, seconds: float) -> Sequence[Finding]:
    """Shake hands as a browser does.

    Raises:
        OperationError: there is no TLS there, or the certificate is refused.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as connection,
        ):
            certificate = connection.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        raise OperationError(f"the certificate is refused: {error.verify_message}", _HOW) from None
    except OSError as error:
        raise OperationError(f"no TLS at {host}:{port}: {error}", "See the runbook ApiUnreachable.") from None
    days = (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / _DAY
    short = days < CERTIFICATE_DAYS
    return [
        Finding(
            component="certificates",
            subject=f"{host}:{port}",
            verdict=Verdict.DEGRADED if short else Verdict.HEALTHY,
            what=f"{days:.0f} days left",
            how=_HOW if short else "",
        )
    ]
