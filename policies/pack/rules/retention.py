"""How long backups are kept inside the cluster: by the database's operator, and by the jobs that prune."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.objects import Object, objects
from ..model.pods import Container, containers
from ..model.record import Rule, per
from ..model.values import Field, Finding, Value, each

MIN_DAYS: Final = 30.0
"""The guide's retention of backups (facts.md section 5)."""
_POLICY: Final = re.compile(r"([0-9]+)([dwm])")
_DAYS: Final = {"d": 1.0, "w": 7.0, "m": 30.0}
_NAME: Final = re.compile(r"(?:.*BACKUP.*_)?(?:RETENTION|KEEP|MAX_AGE)(?:_DAYS)?")
_FLAG: Final = re.compile(r"--(?:backup-)?(?:retention|keep|max-age|older-than)(?:-days)?(?:=(.*))?")
_SHORT: Final = f"keeps backups for less than {MIN_DAYS:.0f} days, or doesn't say how many"


def long_enough(value: Value) -> bool:
    """Whether a number of days, or a duration as operators write it (`30d`, `5w`, `1m`), is as long as it has to be."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return value >= MIN_DAYS
    text = value.strip() if isinstance(value, str) else ""
    if text.isdecimal():
        return float(text) >= MIN_DAYS
    match = _POLICY.fullmatch(text)
    return match is not None and float(match[1]) * _DAYS[match[2]] >= MIN_DAYS


def _retained(subject: Object | Container) -> Iterator[Finding]:
    owner = subject if isinstance(subject, Object) else subject.pod.object
    if not owner.resource.context.development:
        yield from _kept(subject) if isinstance(subject, Object) else _pruned(subject)


def _kept(own: Object) -> Iterator[Finding]:
    if own.kind == "ConfigMap":
        for key, entry in own.root.child("data").entries().items():
            if _NAME.fullmatch(key):
                yield from _long_enough(entry)
        return
    if own.group in {"barmancloud.cnpg.io", "postgresql.cnpg.io"}:
        for policy in (own.spec.child("retentionPolicy"), own.spec.at("backup", "retentionPolicy")):
            if policy.is_set:  # without one, nothing is ever pruned
                yield from _long_enough(policy)


def _long_enough(field: Field) -> Iterator[Finding]:
    if not long_enough(field.known()):
        yield field.finding(_SHORT)


def _pruned(container: Container) -> Iterator[Finding]:
    yield from each(container.child("env").elements(), _variable)
    if container.pod.object.kind in {"CronJob", "Job"}:
        for key in ("command", "args"):
            yield from _arguments(container.child(key).elements())


def _variable(entry: Field) -> Iterator[Finding]:
    if _NAME.fullmatch(entry.child("name").text() or ""):
        # A reference to elsewhere leaves `value` unset, and nobody could tell what it will be.
        yield from _long_enough(entry.child("value"))


def _arguments(arguments: list[Field]) -> Iterator[Finding]:
    for index, argument in enumerate(arguments):
        flag = _FLAG.fullmatch(argument.text() or "")
        if flag is None:
            continue
        following = arguments[index + 1].known() if index + 1 < len(arguments) else None
        if not long_enough(flag[1] if flag[1] is not None else following):
            yield argument.finding(_SHORT)


RETAINED: Final = Rule(
    id="retention-at-least-30-days",
    title="Backups are kept for 30 days at least",
    severity="critical",
    why="Damage that is noticed after three weeks can't be mended any more once the last good backup is gone.",
    mend="Set 30 days or more (30d, BACKUP_RETENTION_DAYS=30), written out where it is used.",
    check=per(objects("ObjectStore", "Cluster", "ConfigMap") | containers, _retained),
)

RULES: Final = (RETAINED,)
