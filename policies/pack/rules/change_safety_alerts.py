"""The alerts without which nobody notices until the worst day.

Named as components/monitoring/alerts names them. They are asked for as soon as the foundation of production declares a
database, a job on a schedule, or any alert at all; a foundation that has none of these yet has nothing to watch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.objects import Object
from ..model.record import StackRule, per
from ..model.stack import Stack, declared
from ..model.values import Field, Finding, each

REQUIRED: Final = {
    "BackupTooOld": "the last backup is too old",
    "BackupNeverRan": "no backup has ever succeeded",
    "BackupFailed": "the last backup failed",
    "DrillStale": "no restore was tried for too long",
    "DrillNeverRan": "no restore was ever tried",
    "DrillFailed": "a backup could not be restored",
    "CertificateExpiring": "a certificate is about to end",
}
"""Alert -> what nobody would notice without it."""
_WATCHED: Final = ("CronJob", "Cluster", "ScheduledBackup", "Backup", "ObjectStore", "PrometheusRule")


def _watched(stack: Stack) -> Iterator[Finding]:
    context = stack.context
    if context.development or context.role != "foundation" or not any(stack.objects(*_WATCHED)):
        return
    found: set[str] = set()
    yield from per(declared("PrometheusRule"), lambda rule: _alerts(rule, found))(stack)
    for alert, means in REQUIRED.items():
        if alert not in found:
            yield stack.root.finding(f"has no alert {alert}, so that nobody is told when {means}")


def _alerts(rule: Object, found: set[str]) -> Iterator[Finding]:
    """Notes the alerts of an object that can fire; what can't be judged is a finding."""
    for group in rule.spec.child("groups").elements():
        yield from each(group.child("rules").elements(), lambda own: _alert(own, found))


def _alert(rule: Field, found: set[str]) -> Iterator[Finding]:
    name, expression = rule.child("alert").text(), rule.child("expr")
    if not str(expression.known() or "").strip():
        yield expression.finding("is empty, so that the rule never fires")
    elif name:
        found.add(name)


WATCHED: Final = StackRule(
    id="alerts-for-backups",
    title="The foundation of production has the alerts on backups, restore drills and certificates",
    severity="high",
    why="A backup that stopped months ago is noticed on the day that it is needed.",
    mend="Keep these alerts in a PrometheusRule of the foundation (components/monitoring/alerts).",
    check=_watched,
)

RULES: Final = (WATCHED,)
