"""Certificates and names at AWS: proved by DNS, one name each, and pointing at what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.record import Rule, StackRule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.stack import Stack
from ..model.values import Field, Finding, must, one_of

_CERTIFICATE: Final = "aws:acm/certificate:Certificate"
_RECORD: Final = "aws:route53/record:Record"
_POINTING: Final = frozenset({"A", "AAAA", "CNAME"})


def _proved(resource: Resource) -> Iterator[Finding]:
    root = resource.root
    if root.child("certificateBody").value is None and root.child("certificateAuthorityArn").value is None:
        yield from must(root.child("validationMethod"), one_of("DNS"), "isn't DNS")
    for name in (root.child("domainName"), *_names(root)):
        yield from must(name, lambda value: value is None or "*" not in str(value), "is a wildcard")
    logging = root.at("options", "certificateTransparencyLoggingPreference")
    yield from must(logging, one_of(None, "ENABLED"), "keeps the certificate out of the public logs")


def _names(root: Field) -> Iterator[Field]:
    names = root.child("subjectAlternativeNames")
    yield from names.elements()


def _pointing(stack: Stack) -> Iterator[Finding]:
    for record in stack.of_type(_RECORD):
        kind = record.root.child("type")
        if kind.text() not in _POINTING:
            continue
        own = record.options.property_dependencies
        if not any(urn in stack.by_urn for key in ("records", "aliases") for urn in own.get(key, ())):
            key = "aliases" if record.root.child("aliases").is_set else "records"
            yield record.root.child(key).finding("is made from nothing that this stack declares or looks up")


PROVED: Final = Rule(
    id="acm-dns-validated",
    title="Certificates are proved by DNS, have no wildcard and are logged in public",
    severity="medium",
    frameworks=("CKV_AWS_233", "CKV_AWS_234", "CKV2_AWS_71"),
    why="One proved by mail stops renewing when the mailbox goes; a wildcard's key stands in for every name.",
    mend='Set validation_method="DNS" and name each host.',
    check=per(resources(_CERTIFICATE), _proved),
)
POINTING: Final = StackRule(
    id="route53-no-dangling-record",
    title="A record points at something of this stack",
    severity="medium",
    frameworks=("CKV2_AWS_23",),
    why="Whoever gets the address or the name that was given up gets our users, with a certificate in our name.",
    mend="Make the record from the resource's own output, or from one that is looked up.",
    check=_pointing,
)

RULES: Final = (PROVED, POINTING)
