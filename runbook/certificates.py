"""`python -m runbook certificates list|renew`: the guide's Certificate Management."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from typing import Final

from runbook import cluster
from runbook.certificate_objects import ISSUING, READY, Certificate, Certificates
from runbook.commands import Commands, command, table
from runbook.errors import RunbookError
from settings.problems import nearest

NAMESPACE: Final = "stratmaster-production"
"""The guide's: `kubectl get certificates -n stratmaster-production`."""
ATTENTION: Final = 2
"""Exit code of `list` when a certificate isn't ready or ends soon."""
SOON_DAYS: Final = 14
"""The guide's alert (facts.md section 7, item 10): cert-manager renews at 30, so 14 means that it has failed for 16."""
PATIENCE_SECONDS: Final = 300
POLL_SECONDS: Final = 1.0
_HEADINGS: Final = ("NAME", "READY", "DAYS LEFT", "ISSUER", "RENEWS")


def add(commands: Commands) -> None:
    """Declare the command."""
    top = commands.add_parser(
        "certificates",
        help="list certificates, or renew one now",
        description="List certificates, or have one issued anew now, with a new key.",
    )
    below = top.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = command(
        below,
        "list",
        f"list certificates; exit code {ATTENTION} if one isn't ready or ends in under {SOON_DAYS} days",
        example="python -m runbook certificates list --json",
    )
    renewing = command(
        below,
        "renew",
        "have a certificate issued anew now; the old one stays in use until the new one is there",
        example="python -m runbook certificates renew stratmaster-tls --wait",
    )
    renewing.add_argument("name", help="the certificate, as list shows it: stratmaster-tls")
    renewing.add_argument("--wait", action="store_true", help="until the new certificate is there, or has failed")
    renewing.add_argument(
        "--timeout", type=int, default=PATIENCE_SECONDS, metavar="SECONDS", help="for --wait (default: %(default)s)"
    )
    for each, run in ((listing, _list), (renewing, _renew)):
        each.add_argument("--namespace", "-n", default=NAMESPACE, help="default: %(default)s")
        cluster.arguments(each, stack="traffic")
        each.set_defaults(run=run)


def _certificates(options: argparse.Namespace) -> Certificates:
    context = cluster.context_of(options)
    return Certificates(cluster.connect(context), context, options.namespace)


def _list(options: argparse.Namespace) -> int:
    found, now = _certificates(options).all(), datetime.now(UTC)
    if not found:
        raise RunbookError(
            f"There is no certificate in {options.namespace}.",
            "Run `pulumi up --stack traffic`, which declares stratmaster-tls, or give another --namespace.",
        )
    print(json.dumps([_facts(each, now) for each in found], indent=2) if options.json else shown(found, now))
    return ATTENTION if any(_needs_attention(each, now) for each in found) else 0


def _renew(options: argparse.Namespace) -> int:
    certificates = _certificates(options)
    names = [each.metadata.name for each in certificates.all()]
    if options.name not in names:
        mend = nearest(options.name, names) if names else "There are none: `pulumi up --stack traffic` declares one."
        raise RunbookError(f"There is no certificate {options.name} in {options.namespace}.", mend)
    before = certificates.reissue(options.name, datetime.now(UTC))
    if not options.wait:
        _say(options, before, "is being issued anew; `certificates list` shows when it is there")
        return 0
    _say(options, _await(certificates, before, options.timeout), "was issued anew")
    return 0


def _await(certificates: Certificates, before: Certificate, seconds: int) -> Certificate:
    """The certificate once a newer revision of it is there.

    Raises:
        RunbookError: the issuing failed, or took longer.
    """
    name, deadline = before.metadata.name, time.monotonic() + seconds
    look = f"`kubectl -n {certificates.namespace} get certificaterequest,order,challenge`"
    while time.monotonic() < deadline:
        now = certificates.read(name)
        if now.status.revision > before.status.revision and now.holds(READY) and not now.holds(ISSUING):
            return now
        if now.status.failed_issuance_attempts > before.status.failed_issuance_attempts and not now.holds(ISSUING):
            failed = now.condition(ISSUING)
            raise RunbookError(
                f"Certificate {name} wasn't issued: {failed.message if failed else 'cert-manager says no more'}",
                f"The old one is still in use. Look at {look}; cert-manager tries again by itself.",
            )
        time.sleep(POLL_SECONDS)
    raise RunbookError(
        f"Certificate {name} wasn't issued within {seconds} s.",
        f"The old one is still in use, and cert-manager goes on. Look at {look}.",
    )


def _say(options: argparse.Namespace, certificate: Certificate, what: str) -> None:
    facts = _facts(certificate, datetime.now(UTC))
    if options.json:
        print(json.dumps(facts, indent=2))
        return
    print(f"{facts['namespace']}/{facts['name']} {what} (revision {facts['revision']}, ends {facts['notAfter']})")


def shown(certificates: list[Certificate], now: datetime) -> str:
    """What a person reads, a line each."""
    lines = table(_HEADINGS, [_row(each, now) for each in certificates])
    for each in certificates:
        ready = each.condition(READY)
        if not each.holds(READY) and ready is not None:
            lines.append(f"{each.metadata.name}: {ready.reason}: {ready.message}")
    return "\n".join(lines)


def _row(certificate: Certificate, now: datetime) -> tuple[str, ...]:
    left, renewal = certificate.days_left(now), certificate.status.renewal_time
    ready = "issuing" if certificate.holds(ISSUING) else "yes" if certificate.holds(READY) else "no"
    return (
        certificate.metadata.name,
        ready,
        "-" if left is None else str(left),
        f"{certificate.spec.issuer_ref.kind}/{certificate.spec.issuer_ref.name}",
        "-" if renewal is None else renewal.strftime("%Y-%m-%d %H:%M UTC"),
    )


def _facts(certificate: Certificate, now: datetime) -> dict[str, object]:
    """The same for a machine."""
    status = certificate.status
    ready = certificate.condition(READY)
    return {
        "name": certificate.metadata.name,
        "namespace": certificate.metadata.namespace,
        "secret": certificate.spec.secret_name,
        "issuer": {"kind": certificate.spec.issuer_ref.kind, "name": certificate.spec.issuer_ref.name},
        "ready": certificate.holds(READY),
        "issuing": certificate.holds(ISSUING),
        "reason": ready.reason if ready else "",
        "daysLeft": certificate.days_left(now),
        "notAfter": status.not_after.isoformat() if status.not_after else None,
        "renewalTime": status.renewal_time.isoformat() if status.renewal_time else None,
        "revision": status.revision,
    }


def _needs_attention(certificate: Certificate, now: datetime) -> bool:
    left = certificate.days_left(now)
    return not certificate.holds(READY) or left is None or left < SOON_DAYS
