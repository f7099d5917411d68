"""What a rule is: one record, with the function that judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .values import Finding, Value


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The provider of a resource: its logical name and its settings."""

    name: str
    properties: dict[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A resource as rules see it: its inputs, before anything is changed.

    `development` says whether its stack's environment is development; a stack that doesn't say counts as production.
    """

    type: str
    properties: dict[str, Value]
    provider: Provider | None = None
    development: bool = False


Check: TypeAlias = Callable[[Subject], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Args:
        id: its name in reports and exemptions; never changes.
        title: what holds where it is kept.
        severity: how bad a violation is.
        enforcement: whether a violation blocks.
        frameworks: the same demand's names in Pod Security (PSS), CIS, Kubescape, Checkov and Trivy.
        why: the threat it answers.
        mend: what to write instead.
        check: the function that judges one resource.
    """

    id: str
    title: str
    severity: Literal["low", "medium", "high", "critical"]
    enforcement: Literal["mandatory", "advisory"] = "mandatory"
    frameworks: tuple[str, ...] = ()
    why: str
    mend: str
    check: Check
