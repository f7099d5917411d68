"""Violations as SARIF 2.1.0, which code hosts show in place in a pull request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

from ..catalogue import RULES, STACK_RULES
from ..model.record import AnyRule
from ..sources.located import Checked, Located

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES: Final = {"low": "3.0", "medium": "5.0", "high": "8.0", "critical": "9.5"}
"""Each severity as the CVSS-like figure that GitHub sorts by."""


def sarif(checks: Iterable[Checked]) -> dict[str, object]:
    """One run with all rules and the violations of all that was checked."""
    rules = [*RULES, *STACK_RULES]
    index = {rule.id: number for number, rule in enumerate(rules)}
    driver = {"name": "stratmaster-policies", "informationUri": _HELP, "rules": [_rule(rule) for rule in rules]}
    results = [_result(located, checked.name, index) for checked in checks for located in checked.located]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


_HELP: Final = "https://github.com/IamJonoBo/StratMaster"


def _rule(rule: AnyRule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.mend},
        "defaultConfiguration": {"level": _level(rule)},
        "properties": {"tags": list(rule.frameworks), "security-severity": _SCORES[rule.severity]},
    }


def _result(located: Located, checked: str, index: dict[str, int]) -> dict[str, object]:
    rule, finding = located.verdict.rule, located.verdict.finding
    place = {"artifactLocation": {"uri": located.file or "Pulumi.yaml"}, "region": {"startLine": max(located.line, 1)}}
    identity = f"{rule.id}\n{finding.source.urn}\n{finding.place}"
    return {
        "ruleId": rule.id,
        "ruleIndex": index[rule.id],
        "level": _level(rule),
        "message": {"text": f"{checked}, {finding.source.urn.rsplit('::', 1)[-1]}: {located.verdict.message}"},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": finding.source.urn}]}],
        "partialFingerprints": {"place/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }


def _level(rule: AnyRule) -> str:
    return "error" if rule.enforcement == "mandatory" else "warning"
