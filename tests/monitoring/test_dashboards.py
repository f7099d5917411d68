"""Every query of every rule and panel parses, and reads only what somebody exports; every dashboard is Grafana's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from components.monitoring.metric_sources import SCRAPED_METRICS, not_yet, request_metrics
from tests.monitoring import emitted

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("api", "backups", "blue-green", "business", "database", "infrastructure", "overview")


@cache
def boards() -> Mapping[str, Mapping[str, Any]]:
    """Dashboard -> its document, as it stands in the ConfigMap that the program emits."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in emitted.objects("production", "ConfigMap"):
        if each["metadata"].get("labels", {}).get("grafana_dashboard") == "1":
            ((file, text),) = cast("Mapping[str, str]", each["data"]).items()
            found[file.removesuffix(".json").removeprefix("stratmaster-")] = json.loads(text)
    return found


def queries() -> list[tuple[str, str]]:
    """Where it stands, and the query: of all panels and rules."""
    panels = [
        (f"{name}: {panel['title']}", target["expr"])
        for name, board in boards().items()
        for panel in board["panels"]
        for target in panel["targets"]
    ]
    rules = [(str(rule.get("alert") or rule["record"]), rule["expr"]) for g in emitted.groups() for rule in g["rules"]]
    return [*panels, *rules]


@pytest.fixture(scope="module")
def read(query: Path) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Where a query stands, and what Prometheus' parser says of it."""
    found = queries()
    text = "".join(f"{json.dumps(expr)}\n" for _, expr in found)
    done = subprocess.run([query], input=text, capture_output=True, text=True, check=True)
    return [(where, json.loads(line)) for (where, _), line in zip(found, done.stdout.splitlines(), strict=True)]


def test_the_guides_seven_subjects_have_a_dashboard() -> None:
    assert tuple(sorted(boards())) == NAMES


def test_every_query_parses(read: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    assert len(read) > 200
    assert [(where, said["error"]) for where, said in read if said.get("error")] == []


def test_every_query_reads_only_what_somebody_exports_or_a_rule_records(
    read: Sequence[tuple[str, Mapping[str, Any]]],
) -> None:
    recorded = {rule["record"] for group in emitted.groups() for rule in group["rules"] if "record" in rule}
    (live,) = emitted.groups_of(emitted.objects("traffic", "PrometheusRule"))
    recorded |= {rule["record"] for rule in live["rules"]}
    scraped = {name for names in SCRAPED_METRICS.values() for name in names}
    known = recorded | request_metrics() | not_yet() | scraped
    unknown = {(where, name) for where, said in read for name in said["metrics"] if name not in known}
    assert unknown == set()


def test_no_metric_in_the_table_of_sources_is_read_by_nobody(read: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    used = {name for _, said in read for name in said["metrics"]}
    idle = {name for names in SCRAPED_METRICS.values() for name in names if name not in used}
    assert idle <= {"stratmaster_wal_waiting_files", "stratmaster_drill_database_bytes"}


def test_a_query_that_does_not_parse_is_found(query: Path) -> None:
    done = subprocess.run([query], input='"sum(rate(x[5m])"\n', capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["error"]


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_a_place_of_their_own_inside_the_grid_and_a_title(name: str) -> None:
    board = boards()[name]
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) >= 6
    assert all(panel["title"] and panel["targets"] for panel in board["panels"])


@pytest.mark.parametrize("name", NAMES)
def test_grafanas_own_schema_takes_the_dashboard_as_it_is(name: str) -> None:
    """Grafana's foundation SDK is generated from Grafana's schema: what it reads and writes back is what we wrote."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: PLC0415 - slow to import
    from grafana_foundation_sdk.models.dashboard import Dashboard  # noqa: PLC0415

    board = boards()[name]
    back = json.loads(json.dumps(Dashboard.from_json(dict(board)), cls=JSONEncoder))
    assert lost(board, back) == []


def lost(wrote: object, back: object, path: str = "") -> list[str]:
    """What stands in one document and not in the other."""
    if isinstance(wrote, dict):
        fields, others = (
            cast("dict[str, object]", wrote),
            cast("dict[str, object]", back if isinstance(back, dict) else {}),
        )
        return [each for key, value in fields.items() for each in lost(value, others.get(key), f"{path}/{key}")]
    if isinstance(wrote, list):
        items, other = cast("list[object]", wrote), cast("list[object]", back if isinstance(back, list) else [])
        if len(items) != len(other):
            return [path]
        return [
            each
            for index, (a, b) in enumerate(zip(items, other, strict=True))
            for each in lost(a, b, f"{path}[{index}]")
        ]
    return [] if wrote == back or wrote in ("", None) else [path]


@pytest.mark.parametrize("alert", sorted(emitted.alerts()))
def test_every_alert_links_to_a_dashboard_that_there_is(alert: str) -> None:
    link = emitted.alerts()[alert]["annotations"]["dashboard_url"]
    assert link.removeprefix("https://grafana.stratmaster.com/d/stratmaster-") in NAMES
