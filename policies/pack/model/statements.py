"""IAM policy documents as statements, however they are written: a string or a list, JSON or fields.

What AWS would read in a way that isn't certain from the text (an element spelled otherwise, a key that stands twice, an
effect that is neither) is unreadable, and so a finding: AWS and the reviewer may each understand something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal, NoReturn, TypeAlias

from .json_text import parsed
from .record import per
from .resource import Resource
from .selector import Selector
from .values import Field, Finding, Unreadable

Use: TypeAlias = Literal["identity", "trust", "resource"]
"""What a document does: says what its holder may do, who may become a role, or who may use a resource."""

HELD: Final[dict[str, tuple[tuple[str, Use], ...]]] = {
    "aws:iam/role:Role": (("assumeRolePolicy", "trust"), ("inlinePolicies", "identity")),
    "aws:iam/policy:Policy": (("policy", "identity"),),
    "aws:iam/rolePolicy:RolePolicy": (("policy", "identity"),),
    "aws:iam/userPolicy:UserPolicy": (("policy", "identity"),),
    "aws:iam/groupPolicy:GroupPolicy": (("policy", "identity"),),
    "aws:s3/bucket:Bucket": (("policy", "resource"),),
    "aws:s3/bucketV2:BucketV2": (("policy", "resource"),),
    "aws:s3/bucketPolicy:BucketPolicy": (("policy", "resource"),),
    "aws:kms/key:Key": (("policy", "resource"),),
    "aws:kms/replicaKey:ReplicaKey": (("policy", "resource"),),
    "aws:kms/externalKey:ExternalKey": (("policy", "resource"),),
    "aws:kms/keyPolicy:KeyPolicy": (("policy", "resource"),),
    "aws:secretsmanager/secret:Secret": (("policy", "resource"),),
    "aws:secretsmanager/secretPolicy:SecretPolicy": (("policy", "resource"),),
}
"""Where each type keeps its documents."""

_DOCUMENT: Final = frozenset({"Version", "Id", "Statement"})
_ELEMENTS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_TEST: Final = re.compile(r"(?i:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(?i:(IfExists))?")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One comparison: all conditions of a statement hold, each for one of its values."""

    field: Field
    quantifier: str
    operator: str
    if_exists: bool
    key: str
    values: tuple[Field, ...]

    @property
    def strict(self) -> bool:
        """Whether it fails where the request has no such key: `IfExists` and `ForAllValues` pass then."""
        return not self.if_exists and self.quantifier != "forallvalues"

    def equals(self) -> tuple[str, ...] | None:
        """The values that the key must be equal to; None if that isn't what is asked."""
        if not self.strict or self.operator not in {"stringequals", "arnequals", "stringlike", "arnlike"}:
            return None
        texts = tuple(_value(value) for value in self.values)
        # An ARN is matched by pattern whichever of its operators is used; a string only by StringLike.
        patterns = self.operator != "stringequals"
        return None if not texts or (patterns and any(has_wildcard(text) for text in texts)) else texts


@dataclass(frozen=True, kw_only=True, eq=False)
class Statement:
    """One statement; its readers raise Unreadable for what AWS might read otherwise."""

    field: Field
    use: Use
    resource: Resource

    @property
    def allows(self) -> bool:
        """Whether it allows, rather than denies."""
        for element in self.field.entries().values():
            if element.key not in _ELEMENTS:
                raise_unreadable(element)
        effect = self.field.child("Effect")
        if effect.text() not in {"Allow", "Deny"}:
            raise_unreadable(effect)
        return effect.text() == "Allow"

    def listed(self, element: str) -> tuple[Field, ...]:
        """The strings of an element (`Action`, `NotResource`, …), of which one may stand by itself."""
        return strings(self.field.child(element))

    @cached_property
    def principals(self) -> tuple[tuple[str, Field], ...]:
        """Who is meant, with the kind of each: AWS, Service, Federated, CanonicalUser; `*` for anybody."""
        return _principals(self.field.child("Principal"))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Its conditions, one for each operator and key."""
        return tuple(
            _condition(operator, key, values)
            for operator, tests in self.field.child("Condition").entries().items()
            for key, values in tests.entries().items()
        )

    def equal(self, key: str) -> tuple[str, ...] | None:
        """What a condition key must be equal to; None if it may be anything, or missing."""
        found = [condition.equals() for condition in self.conditions if condition.key == key.lower()]
        return next((values for values in found if values is not None), None)

    def equal_flag(self, key: str) -> bool:
        """Whether a condition key must be true."""
        return any(
            condition.key == key.lower()
            and condition.strict
            and condition.operator == "bool"
            and [_value(value).lower() for value in condition.values] == ["true"]
            for condition in self.conditions
        )


def documents(resource: Resource) -> Iterator[tuple[Use, Field]]:
    """The policy documents in a resource, those that can't be read too."""
    for key, use in HELD.get(resource.type, ()):
        place = resource.root.child(key)
        if key == "inlinePolicies" and isinstance(place.value, list):
            for policy in place.children():
                yield use, parsed(policy.child("policy"))
        elif place.value not in (None, ""):
            yield use, parsed(place)


def statements(*uses: Use) -> Selector[Statement]:
    """What selects the statements of documents with one of these uses; an unreadable document is one that raises."""

    def select(resource: Resource) -> Iterator[Statement]:
        for use, document in documents(resource):
            if use in uses:
                yield from (Statement(field=each, use=use, resource=resource) for each in places(document))

    return Selector(frozenset(HELD), select)


def per_statement(
    *uses: Use, check: Callable[[Statement], Iterator[Finding]]
) -> Callable[[Resource], Iterator[Finding]]:
    """A rule's check of every statement, each by itself."""
    return per(statements(*uses), check)


def places(document: Field) -> list[Field]:
    """Where a document's statements stand; the document itself, or a part, where it can't be read."""
    if not isinstance(document.value, dict):
        return [document]
    unknown = [child for child in document.children() if child.key not in _DOCUMENT]
    statement = document.child("Statement")
    own = list(statement.children()) if isinstance(statement.value, list) else [statement]
    return [*unknown, *(own or [statement])]


def strings(field: Field) -> tuple[Field, ...]:
    """The strings of a list, or the one that stands by itself; raises Unreadable for anything else."""
    if isinstance(field.value, str):
        return (field,)
    found = tuple(field.elements())
    for each in found:
        if each.text() is None:
            raise_unreadable(each)
    return found


def raise_unreadable(field: Field) -> NoReturn:
    """Give up on a field that has a type, but no meaning."""
    raise Unreadable(field.unreadable())


def has_wildcard(text: str) -> bool:
    """Whether a pattern matches more than itself."""
    return "*" in text or "?" in text


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A pattern of IAM's (`s3:Get*`, `?` for one character) as one of Python's; actions know no case."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in text.lower())
    return re.compile("".join(parts), re.DOTALL)


def matches(text: str, name: str) -> bool:
    """Whether a pattern of IAM's matches a name in lower case."""
    return pattern(text).fullmatch(name) is not None


def _principals(field: Field) -> tuple[tuple[str, Field], ...]:
    if isinstance(field.value, str):
        return (("*", field),)
    return tuple((kind, each) for kind, own in field.entries().items() for each in strings(own))


def _condition(operator: str, key: str, values: Field) -> Condition:
    parts = _TEST.fullmatch(operator)
    if parts is None:
        raise_unreadable(values)
    listed = tuple(values.elements()) if isinstance(values.value, list) else (values,)
    return Condition(
        field=values,
        quantifier=(parts[1] or "").lower(),
        operator=parts[2].lower(),
        if_exists=parts[3] is not None,
        key=key.lower(),
        values=listed,
    )


def _value(field: Field) -> str:
    value = field.known()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
