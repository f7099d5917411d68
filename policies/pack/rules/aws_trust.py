"""Who may become a role: one workload by its exact name, or one role, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.record import Rule
from ..model.statements import Statement, has_wildcard, per_statement
from ..model.values import Field, Finding, must

_ACTIONS: Final = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:setsourceidentity",
        "sts:tagsession",
    }
)
_ACCOUNT: Final = re.compile(r"[0-9]{12}|arn:aws[\w-]*:iam::[0-9]*:root")
_OIDC: Final = re.compile(r"arn:aws[\w-]*:iam::[0-9]{12}:oidc-provider/(\S+)")
_SAML: Final = re.compile(r"arn:aws[\w-]*:iam::[0-9]{12}:saml-provider/\S+")
_GITHUB: Final = "token.actions.githubusercontent.com"
_KUBERNETES_SUBJECT: Final = re.compile(r"system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+")
_GITHUB_SUBJECT: Final = re.compile(r"repo:[\w.-]+/[\w.-]+:[^*?]+")


def _narrow(statement: Statement) -> Iterator[Finding]:
    if not statement.allows:
        return
    for element in ("NotPrincipal", "NotAction"):
        if statement.field.child(element).is_set:
            yield statement.field.child(element).finding("lets everybody in but a few")
    if not statement.principals and not statement.field.child("NotPrincipal").is_set:
        yield statement.field.child("Principal").finding("is missing")
    for action in statement.listed("Action"):
        if (action.text() or "").lower() not in _ACTIONS:
            yield action.finding("is nothing that a role is assumed by")
    for kind, principal in statement.principals:
        yield from _one(kind, principal)


def _one(kind: str, principal: Field) -> Iterator[Finding]:
    text = principal.text() or ""
    if has_wildcard(text):
        yield principal.finding("lets anybody in")
    elif kind == "AWS" and _ACCOUNT.fullmatch(text):
        yield principal.finding("lets a whole account in, with whatever its policies allow")
    elif kind not in {"AWS", "Service", "Federated"}:
        yield principal.finding("is of a kind that can't assume a role")


def _exact_subject(statement: Statement) -> Iterator[Finding]:
    if not statement.allows:
        return
    for kind, principal in statement.principals:
        if kind == "Federated":
            yield from _federated(statement, principal)


def _federated(statement: Statement, principal: Field) -> Iterator[Finding]:
    text = principal.text() or ""
    if _SAML.fullmatch(text):
        yield from _equal(statement, "SAML:aud")
        return
    provider = _OIDC.fullmatch(text)
    host = provider[1] if provider else text
    yield from _equal(statement, f"{host}:aud")
    if host == "cognito-identity.amazonaws.com":
        yield from _equal(statement, f"{host}:amr")
        return
    yield from _equal(statement, f"{host}:sub")
    subjects = statement.equal(f"{host}:sub") or ()
    form = _GITHUB_SUBJECT if host == _GITHUB else _KUBERNETES_SUBJECT if "/id/" in host else None
    for subject in subjects:
        if has_wildcard(subject) or (form is not None and not form.fullmatch(subject)):
            yield statement.field.child("Condition").finding("names no one workload in the token's subject")


def _equal(statement: Statement, key: str) -> Iterator[Finding]:
    if not statement.equal(key):
        name = key.rsplit(":", 1)[-1]
        place = statement.field.child("Condition")
        yield from must(
            place, lambda _: False, f"has no StringEquals on the token's {name}, by this provider's own key"
        )


NARROW: Final = Rule(
    id="iam-trust-narrow",
    title="A role is assumed by named roles, services or providers only",
    severity="critical",
    frameworks=("CKV_AWS_60", "CKV_AWS_61", "CKV_AWS_283"),
    why="A role that a whole account may assume has as many holders as the loosest policy there allows.",
    mend="Name the role's ARN, the service or the identity provider in Principal.",
    check=per_statement("trust", check=_narrow),
)
EXACT_SUBJECT: Final = Rule(
    id="iam-oidc-exact-subject",
    title="A role that tokens open asks for the exact audience and subject",
    severity="critical",
    frameworks=("CKV_AWS_358",),
    why="Without the subject every pod of the cluster, or every repository on GitHub, gets the role.",
    mend="Write StringEquals on <provider>:aud and <provider>:sub (system:serviceaccount:<namespace>:<name>).",
    check=per_statement("trust", check=_exact_subject),
)

RULES: Final = (NARROW, EXACT_SUBJECT)
