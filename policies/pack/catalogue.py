"""All rules, in the order of their reports."""

from __future__ import annotations

from typing import Final

from .model.record import AnyRule, Rule, StackRule
from .rules import (
    containers,
    coverage,
    images,
    pod_security,
    probes,
    providers,
    service_accounts,
    workloads,
)
from .rules.exempting import EXEMPTIONS

__all__ = ["EXEMPTIONS", "RULES", "STACK_RULES"]

_ALL: Final[tuple[AnyRule, ...]] = (
    *coverage.RULES,
    *pod_security.RULES,
    *containers.RULES,
    *probes.RULES,
    *workloads.RULES,
    *service_accounts.RULES,
    *images.RULES,
    *providers.RULES,
    EXEMPTIONS,
)

RULES: Final = tuple(each for each in _ALL if isinstance(each, Rule))
STACK_RULES: Final = tuple(each for each in _ALL if isinstance(each, StackRule))
