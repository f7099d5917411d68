"""What the program really emits, taken from a run of it: no test reads a copy of a rule."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, cast, get_args

from rehearsal.engine.record import Recording
from rehearsal.engine.wire import plain
from settings.monitoring import BusinessMetric
from tests.stacks.recorded import run
from tests.stacks.scanned import SCANNED

ALL_BUSINESS: Final = list(get_args(BusinessMetric))
EVERYTHING: Final[Mapping[str, object]] = {"monitoring": {"businessMetrics": ALL_BUSINESS}, **SCANNED}


@cache
def objects(stack: str, kind: str) -> Sequence[Mapping[str, Any]]:
    """Objects of a kind that a stack declares; the foundation with every rule that can be on."""
    changes = EVERYTHING if stack == "production" else {}
    return declared(run(stack, changes=changes), kind)


def declared(recording: Recording, kind: str) -> Sequence[Mapping[str, Any]]:
    """Objects of a kind in a recording, which must have gone well."""
    assert recording.error is None, recording.error
    return [cast("Mapping[str, Any]", plain(each.inputs)) for each in recording.of_kind(kind)]


def groups_of(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rule groups of PrometheusRule objects."""
    return [group for each in found for group in each["spec"]["groups"]]


@cache
def groups() -> Sequence[dict[str, Any]]:
    """Every group of the foundation."""
    return groups_of(objects("production", "PrometheusRule"))


@cache
def alerts() -> Mapping[str, dict[str, Any]]:
    """Alert -> its rule."""
    return {rule["alert"]: rule for group in groups() for rule in group["rules"] if "alert" in rule}


@cache
def alerts_where(**monitoring: str) -> Sequence[dict[str, Any]]:
    """Every group of a foundation with other settings of its monitoring."""
    return groups_of(declared(run("production", changes={"monitoring": monitoring}), "PrometheusRule"))


def needed(alert: str, found: Sequence[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The groups that an alert needs: its own with only it, and whatever recordings it reads, at any remove.

    Args:
        alert: its name.
        found: the groups to look in; the foundation's if not said.
    """
    found = groups() if found is None else found
    recordings = {rule["record"]: rule for group in found for rule in group["rules"] if "record" in rule}
    wanted = [rule for group in found for rule in group["rules"] if rule.get("alert") == alert]
    for rule in wanted:
        wanted += [each for name, each in recordings.items() if name in rule["expr"] and each not in wanted]
    kept = [[rule for rule in group["rules"] if rule in wanted] for group in found]
    return [{**group, "interval": "1m", "rules": rules} for group, rules in zip(found, kept, strict=True) if rules]
