"""Where the values of Secrets come from: Pulumi secrets, so that state and previews hold ciphertext."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from ..helm.placeholders import MARK
from ..helm.release import RELEASE_TYPES
from ..model.objects import Object, objects
from ..model.record import Rule, per
from ..model.resource import Resource
from ..model.values import Field, Finding, must
from .secret_literals import written_out

_OPEN: Final = "isn't a Pulumi secret, so that it stands in the state and in previews as plain text"
_SECRET_INPUTS: Final = {
    "aws:secretsmanager/secretVersion:SecretVersion": ("secretString", "secretBinary", "secretStringWo"),
    "aws:acm/certificate:Certificate": ("privateKey", "privateKeyWo"),
}
"""The inputs of other providers' resources that are credentials themselves."""


def _sources(resource: Resource) -> Iterator[Finding]:
    if not resource.engine:
        return
    if resource.type in RELEASE_TYPES:
        yield from _release_values(resource)
        return
    for own in resource.contents.objects:
        if own.group == "core" and own.kind == "Secret":
            yield from (place.finding(_OPEN) for place in _data(own) if not resource.is_secret(place))
    for key in _SECRET_INPUTS.get(resource.type, ()):
        place = resource.root.child(key)
        if place.value is not None and not resource.is_secret(place):
            yield place.finding(_OPEN)


def _release_values(resource: Resource) -> Iterator[Finding]:
    pending = [resource.root.child("values"), resource.root.child("repositoryOpts")]
    while pending:
        place = pending.pop()
        pending += list(place.children())
        if isinstance(place.value, str) and written_out(place.key, place.value) and not resource.is_secret(place):
            yield place.finding(_OPEN)


def _data(own: Object) -> Iterator[Field]:
    """Everything in a Secret's data that is set, or may be."""
    for key in ("data", "stringData"):
        data = own.root.child(key)
        if isinstance(data.value, dict):
            yield from (entry for entry in data.children() if entry.value not in (None, ""))
        elif data.value is not None:
            yield data


def _in_releases(own: Object) -> Iterator[Finding]:
    """What a chart puts into a Secret has to hold a stand-in, or it was written in the chart or made up by it."""
    if own.group != "core" or own.resource.type not in RELEASE_TYPES:
        return
    for entry in own.root.child("data").entries().values():
        yield from must(entry, lambda value: value in (None, "") or MARK in _decoded(value), _LITERAL)
    for entry in own.root.child("stringData").entries().values():
        yield from must(entry, lambda value: value in (None, "") or MARK in str(value), _LITERAL)


_LITERAL: Final = "isn't made from a Pulumi secret: the chart writes it out or makes it up"


def _decoded(value: object) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


def _legacy_token(own: Object) -> Iterator[Finding]:
    yield from must(
        own.root.child("type"),
        lambda value: own.group != "core" or value != "kubernetes.io/service-account-token",
        "is a token of a service account that never ends",
    )


FROM_PULUMI_SECRETS: Final = Rule(
    id="secrets-from-pulumi-secrets",
    title="Every value of a Secret comes from a Pulumi secret",
    severity="critical",
    why="A value that the engine doesn't know as secret is plain text in the state, in previews and in logs of CI.",
    mend="Wrap it with pulumi.Output.secret, read it with Config.require_secret, or make a random.RandomPassword.",
    check=_sources,
)

NOT_MADE_BY_CHARTS: Final = Rule(
    id="secrets-not-made-by-charts",
    title="A chart's Secrets hold nothing but values that were handed to it as Pulumi secrets",
    severity="critical",
    why="A credential in a chart is in Git; one that a chart makes up changes with each upgrade, at nobody's wish.",
    mend="Give the chart the name of a Secret that the program declares, or the value itself as a Pulumi secret.",
    check=per(objects("Secret"), _in_releases),
)

NO_LEGACY_TOKENS: Final = Rule(
    id="secrets-no-legacy-tokens",
    title="No Secret is a token of a service account",
    severity="medium",
    frameworks=("C-0208",),
    why="Such a token doesn't expire and is bound to no pod: whoever copies it once has it for good.",
    mend="Use a projected token (serviceAccountToken) or `kubectl create token`, which end by themselves.",
    check=per(objects("Secret"), _legacy_token),
)

RULES: Final = (FROM_PULUMI_SECRETS, NOT_MADE_BY_CHARTS, NO_LEGACY_TOKENS)
