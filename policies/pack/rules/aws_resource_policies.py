"""Who may use a bucket, a key or a secret: named principals, over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.record import Rule
from ..model.statements import Statement, has_wildcard, matches, per_statement
from ..model.values import Finding

_UNDOING: Final = (
    "s3:deletebucketpolicy",
    "s3:putbucketpolicy",
    "kms:putkeypolicy",
    "secretsmanager:deleteresourcepolicy",
)


def _closed(statement: Statement) -> Iterator[Finding]:
    if not statement.allows:
        return
    for element in ("NotPrincipal", "NotAction"):
        if statement.field.child(element).is_set:
            yield statement.field.child(element).finding("allows all but a few")
    if not statement.principals and not statement.field.child("NotPrincipal").is_set:
        yield statement.field.child("Principal").finding("is missing")
    for kind, principal in statement.principals:
        if kind == "*" or has_wildcard(principal.text() or ""):
            yield principal.finding("lets anybody in")
        elif kind == "Service" and not any(statement.equal(key) for key in ("aws:SourceAccount", "aws:SourceArn")):
            yield principal.finding("lets a service of AWS in for any account (no condition on aws:SourceAccount)")


def _mendable(statement: Statement) -> Iterator[Finding]:
    if statement.allows or statement.field.child("Condition").is_set:
        return
    everybody = any(kind == "*" or (principal.text() or "") == "*" for kind, principal in statement.principals)
    for action in statement.listed("Action"):
        if everybody and any(matches((action.text() or "").lower(), name) for name in _UNDOING):
            yield action.finding("is denied to everybody, those who would mend the policy among them")


CLOSED: Final = Rule(
    id="aws-policy-closed",
    title="The policy of a bucket, a key or a secret lets nobody in who isn't named",
    severity="critical",
    frameworks=("CKV_AWS_70", "CKV_AWS_33", "CKV2_AWS_43", "AWS-0092", "AWS-0098"),
    why="A principal * with a condition is public as soon as the condition is met by somebody else.",
    mend="Name the role's ARN in Principal; for a service of AWS add a condition on aws:SourceAccount.",
    check=per_statement("resource", check=_closed),
)
MENDABLE: Final = Rule(
    id="aws-policy-no-lock-out",
    title="No policy locks out those who would mend it",
    severity="high",
    frameworks=("CKV_AWS_93",),
    why="Only the root user of the account gets back in, if somebody still has its password.",
    mend="Deny with a condition, or leave the policy's own actions out of the denial.",
    check=per_statement("resource", check=_mendable),
)

RULES: Final = (CLOSED, MENDABLE)
