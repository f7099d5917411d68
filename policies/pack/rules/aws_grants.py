"""What a holder of an AWS policy may do: what is named, where it is named, and nothing that leads further.

Denials aren't counted against what is allowed: one that is dropped later would leave it open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ..model.record import Rule
from ..model.statements import Condition, Statement, has_wildcard, per_statement
from ..model.values import Field, Finding
from .aws_actions import (
    CREDENTIALS,
    ESCALATING,
    ESCALATING_ANYWHERE,
    EXFILTRATING,
    OWN_CREDENTIALS,
    PASS_ROLE,
    UNRESTRICTABLE,
    any_of,
    everywhere,
    manages_permissions,
)

_NARROWING: Final = ("aws:resourcetag/", "kms:resourcealiases", "ec2:resourcetag/", "secretsmanager:resourcetag/")
"""Condition keys that name a resource where its ARN can't: a key's alias, a tag."""


def _allowed(statement: Statement) -> tuple[Field, ...]:
    """The actions that a statement allows; none for a denial."""
    return statement.listed("Action") if statement.allows else ()


def _named_actions(statement: Statement) -> Iterator[Finding]:
    for action in _allowed(statement):
        service, _, name = (action.text() or "").partition(":")
        if has_wildcard(service) or not name.strip("*?"):
            yield action.finding("allows every action of a service, those of next year too")
    if statement.allows and statement.field.child("NotAction").is_set:
        yield statement.field.child("NotAction").finding("allows every action but a few")
    if statement.allows and not statement.field.child("NotAction").is_set and not statement.listed("Action"):
        yield statement.field.child("Action").finding("is missing")


def _named_resources(statement: Statement) -> Iterator[Finding]:
    if not statement.allows:
        return
    if statement.field.child("NotResource").is_set:
        yield statement.field.child("NotResource").finding("allows it on every resource but a few")
    elif not statement.listed("Resource"):
        yield statement.field.child("Resource").finding("is missing")
    if all((action.text() or "").lower() in UNRESTRICTABLE for action in statement.listed("Action")):
        return
    yield from (place.finding("names no resource") for place in _open(statement))


def _open(statement: Statement) -> tuple[Field, ...]:
    """The places where a statement allows something on whatever resource there is."""
    if any(_narrows(condition) for condition in statement.conditions):
        return ()
    found = tuple(each for each in statement.listed("Resource") if everywhere(each.text() or ""))
    return found or ((statement.field.child("NotResource"),) if statement.field.child("NotResource").is_set else ())


def _narrows(condition: Condition) -> bool:
    return condition.key.startswith(_NARROWING) and condition.equals() is not None


def _never(names: frozenset[str], problem: str) -> Callable[[Statement], Iterator[Finding]]:
    """A check that no statement allows one of `names`."""

    def check(statement: Statement) -> Iterator[Finding]:
        for action in _allowed(statement):
            if any_of(action.text() or "", names):
                yield action.finding(problem)

    return check


def _nowhere_open(names: frozenset[str], problem: str) -> Callable[[Statement], Iterator[Finding]]:
    """A check that no statement allows one of `names` on whatever resource there is."""

    def check(statement: Statement) -> Iterator[Finding]:
        if _allowed(statement) and _open(statement):
            yield from _never(names, problem)(statement)

    return check


def _escalates(statement: Statement) -> Iterator[Finding]:
    yield from _never(ESCALATING, "lets its holder become somebody with more rights")(statement)
    yield from _nowhere_open(ESCALATING_ANYWHERE, "runs code as whatever role it finds")(statement)


def _passes(statement: Statement) -> Iterator[Finding]:
    actions = [action for action in _allowed(statement) if any_of(action.text() or "", frozenset({PASS_ROLE}))]
    for action in actions:
        if statement.equal("iam:PassedToService") is None:
            yield action.finding("isn't bound to one service by a condition on iam:PassedToService")
        for role in (*statement.listed("Resource"), *statement.listed("NotResource")):
            if has_wildcard(role.text() or ""):
                yield role.finding("lets more roles be passed on than one")


def _exposes(statement: Statement) -> Iterator[Finding]:
    yield from _never(OWN_CREDENTIALS, "hands out credentials")(statement)
    yield from _nowhere_open(CREDENTIALS, "hands out credentials, of whatever is there")(statement)


def _manages(statement: Statement) -> Iterator[Finding]:
    for action in _allowed(statement):
        grants = (action.text() or "").lower() == "kms:creategrant"
        if grants and statement.equal_flag("kms:GrantIsForAWSResource"):
            continue  # what EBS, RDS and the like need to use a key themselves
        if manages_permissions(action.text() or ""):
            yield action.finding("lets its holder say who may use a resource")


NAMED_ACTIONS: Final = Rule(
    id="iam-no-wildcard-action",
    title="Every policy names the actions that it allows",
    severity="critical",
    frameworks=("CKV_AWS_49", "CKV_AWS_62", "CKV_AWS_63", "CKV2_AWS_40", "AWS-0057", "AWS-0345"),
    why="A wildcard for a service allows to delete, to share, and whatever AWS adds to it.",
    mend="Write out the actions that are called; CloudTrail shows which.",
    check=per_statement("identity", check=_named_actions),
)
NAMED_RESOURCES: Final = Rule(
    id="iam-no-wildcard-resource",
    title="Every policy names the resources that it is about",
    severity="critical",
    frameworks=("CKV_AWS_355", "CKV_AWS_111", "CKV_AWS_290", "AWS-0057"),
    why="What is allowed everywhere is allowed on the backups of production too.",
    mend="Write the ARN, made from the name and the account; a KMS key by a condition on kms:ResourceAliases.",
    check=per_statement("identity", check=_named_resources),
)
NO_ESCALATION: Final = Rule(
    id="iam-no-privilege-escalation",
    title="No policy lets its holder get more rights",
    severity="high",
    frameworks=("CKV_AWS_110", "CKV_AWS_286", "AWS-0342"),
    why="With one of these actions, whoever takes over a pod takes over the account.",
    mend="Leave it to the deployer's own role, outside of what the program declares.",
    check=per_statement("identity", check=_escalates),
)
PASSED_ON: Final = Rule(
    id="iam-pass-role-constrained",
    title="A role is passed on by its exact name, to one service",
    severity="high",
    frameworks=("CKV_AWS_110", "AWS-0342"),
    why="Whoever may pass on any role may start a machine with the strongest one; all paths with PassRole end here.",
    mend="Name the role in Resource, and the service in a StringEquals condition on iam:PassedToService.",
    check=per_statement("identity", check=_passes),
)
NO_CREDENTIALS: Final = Rule(
    id="iam-no-credentials-exposure",
    title="No policy hands out credentials of whatever is there",
    severity="high",
    frameworks=("CKV_AWS_107", "CKV_AWS_287"),
    why="Credentials of another role or database lead around everything that this one is denied.",
    mend="Name the role, the cluster or the database in Resource.",
    check=per_statement("identity", check=_exposes),
)
NO_EXFILTRATION: Final = Rule(
    id="iam-no-data-exfiltration",
    title="No policy lets its holder read whatever data is there",
    severity="high",
    frameworks=("CKV_AWS_108", "CKV_AWS_288"),
    why="One pod that is taken over would read every bucket and every secret of the account.",
    mend="Name the bucket, the secret or the key in Resource.",
    check=per_statement("identity", check=_nowhere_open(EXFILTRATING, "reads data, of whatever is there")),
)
NO_PERMISSIONS: Final = Rule(
    id="iam-no-permission-management",
    title="No policy lets its holder say who may use a resource",
    severity="high",
    frameworks=("CKV_AWS_109", "CKV_AWS_289"),
    why="Whoever may change a bucket's policy may open it to the world, whatever else is denied.",
    mend="Leave it to the deployer's own role; a grant for AWS' own use has a condition on kms:GrantIsForAWSResource.",
    check=per_statement("identity", check=_manages),
)

RULES: Final = (
    NAMED_ACTIONS,
    NAMED_RESOURCES,
    NO_ESCALATION,
    PASSED_ON,
    NO_CREDENTIALS,
    NO_EXFILTRATION,
    NO_PERMISSIONS,
)
