"""Certificates, as cert-manager sees them and as users do."""

from components.monitoring.alerts.places import IN_OURS, WHERE
from components.monitoring.probe_jobs import PUBLIC
from components.monitoring.rules import Alert, Group, placed
from settings.monitoring import Thresholds

URGENT_DAYS = 2
_DAY = 86400


def group(at: Thresholds) -> Group:
    """cert-manager renews 30 days before the end, so 14 days left means that it has failed for 16."""
    name = f"Certificate {{{{ $labels.name }}}} in {WHERE}"
    # 0 is a certificate that was never issued; that one is told by CertificateNotReady.
    left = f"(certmanager_certificate_expiration_timestamp_seconds{{{IN_OURS}}} > 0) - time()"
    served = f'min by (instance) (probe_ssl_earliest_cert_expiry{{job="{PUBLIC}"}}) - time()'
    return Group(
        name="stratmaster-certificates",
        owner="security",
        dashboard="infrastructure",
        rules=(
            Alert(
                name="CertificateNotReady",
                expr=placed(f'certmanager_certificate_ready_status{{{IN_OURS},condition="True"}} == 0'),
                wait="15m",
                summary="A certificate is not ready",
                description=f"{name} has not been ready for 15 minutes: its issuer refuses or can't prove the name.",
            ),
            Alert(
                name="CertificateExpiring",
                expr=placed(f"{left} < {at.certificate_days * _DAY}"),
                wait="1h",
                summary=f"A certificate ends in under {at.certificate_days} days",
                description=f"{name} ends in {{{{ $value | humanizeDuration }}}} and has not been renewed.",
            ),
            Alert(
                name="ServedCertificateExpiring",
                expr=f"{served} < {at.certificate_days * _DAY}",
                wait="1h",
                summary=f"The certificate that users get ends in under {at.certificate_days} days",
                description="{{ $labels.instance }} serves a certificate that ends in {{ $value | humanizeDuration }}.",
            ),
            Alert(
                name="ServedCertificateEnding",
                expr=f"{served} < {URGENT_DAYS * _DAY}",
                wait="5m",
                summary="Users are about to be refused by their browsers",
                description="{{ $labels.instance }} serves a certificate that ends in {{ $value | humanizeDuration }}.",
                severity="page",
            ),
            Alert(
                name="CertificatesUnwatched",
                expr=f"absent(certmanager_certificate_expiration_timestamp_seconds{{{IN_OURS}}})",
                wait="30m",
                summary="Nothing watches the certificates",
                description=(
                    "cert-manager's metrics have been missing for 30 minutes: it isn't scraped, or knows no "
                    "certificate of ours."
                ),
            ),
        ),
    )
