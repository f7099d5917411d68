"""Violations as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..sources.located import Checked, Located


def lines(checks: Iterable[Checked]) -> Iterator[str]:
    """Every violation with its place and its fix, then one line a stack."""
    checks = list(checks)
    for checked in checks:
        for located in checked.located:
            yield from _violation(located)
    for checked in checks:
        blocking = sum(each.verdict.rule.enforcement == "mandatory" for each in checked.located)
        advice = len(checked.located) - blocking
        said = f"{blocking} violations" if blocking else "passes"
        more = f", {advice} pieces of advice" if advice else ""
        yield f"{checked.name}: {checked.resources} resources, {said}{more}"


def _violation(located: Located) -> Iterator[str]:
    rule, finding = located.verdict.rule, located.verdict.finding
    level = "violation" if rule.enforcement == "mandatory" else "advice"
    where = f"{located.file}:{located.line}: " if located.file else ""
    yield f"{where}{level} ({rule.severity}) {rule.id}: {rule.title}"
    yield f"  {finding.source.urn.rsplit('::', 1)[-1]}: {finding.place} {finding.problem}"
    yield f"  {rule.mend}"
