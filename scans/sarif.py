"""Outcomes as SARIF 2.1.0, which code hosts show in place: one document a scanner."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from scans.exceptions import Entry
from scans.findings import Finding, Outcome, Severity

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SCORES: Final[Mapping[Severity, str]] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.0",
    "low": "3.0",
    "unknown": "5.0",
}
"""Each severity as the CVSS-like figure that GitHub sorts by."""


def sarif(outcome: Outcome, excepted: Mapping[Finding, Entry]) -> dict[str, object]:
    """The document; what an exception covers is in it too, as suppressed, with the reason."""
    first = {finding.rule: finding for finding in reversed(outcome.findings)}
    rules = sorted(first)
    driver: dict[str, object] = {"name": outcome.scanner, "rules": [_rule(first[rule]) for rule in rules]}
    if outcome.version:
        driver["version"] = outcome.version
    unknown = [{"level": "error", "message": {"text": text}} for text in outcome.unknown]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not unknown, "toolExecutionNotifications": unknown}],
        "results": [_result(each, rules.index(each.rule), excepted.get(each)) for each in outcome.findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, object]:
    link = {"helpUri": finding.link} if finding.link.startswith("https://") else {}
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.message.split("\n")[0][:200]},
        "properties": {"security-severity": _SCORES[finding.severity], "tags": ["security"]},
        **link,
    }


def _result(finding: Finding, index: int, entry: Entry | None) -> dict[str, object]:
    place = {"artifactLocation": {"uri": finding.file}, "region": {"startLine": finding.line}}
    identity = f"{finding.rule}\n{finding.where}\n{finding.file}"
    said: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": "error" if finding.blocks and entry is None else "note",
        "message": {"text": f"{finding.where}: {finding.message}"},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": finding.where}]}],
        "partialFingerprints": {"place/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }
    if entry is not None:
        why = f"{entry.reason} ({entry.owner}, until {entry.expires})"
        said["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return said
