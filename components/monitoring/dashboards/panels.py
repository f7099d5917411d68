"""What a dashboard is made of, and how Grafana writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from components.monitoring.rules import Dashboard, dashboard_uid

Kind = Literal["timeseries", "stat", "table"]
Unit = Literal["percentunit", "percent", "s", "ms", "bytes", "reqps", "short", "none", "dateTimeFromNow"]

SCHEMA_VERSION: Final = 39
"""Grafana 11's; newer ones migrate it."""
_COLUMNS: Final = 24
_WIDTH: Final[Mapping[Kind, int]] = {"timeseries": 12, "stat": 6, "table": 12}
_HEIGHT: Final[Mapping[Kind, int]] = {"timeseries": 8, "stat": 4, "table": 8}
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture.

    Attributes:
        title: what it shows.
        queries: legend -> PromQL.
        unit: of its values.
        kind: how it is drawn.
        limit: where it becomes red; a promise or the guide's threshold.
        above: whether values above the limit are the bad ones.
        about: a sentence for whoever points at it.
    """

    title: str
    queries: Mapping[str, str]
    unit: Unit = "short"
    kind: Kind = "timeseries"
    limit: float | None = None
    above: bool = True
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Board:
    """One dashboard.

    Attributes:
        name: what alerts link to.
        title: what people read.
        panels: in reading order.
    """

    name: Dashboard
    title: str
    panels: Sequence[Panel]


def written(board: Board, logs: str) -> dict[str, Any]:
    """The dashboard as Grafana's JSON model.

    Args:
        board: the dashboard.
        logs: the address of the logs, which every dashboard links to.
    """
    return {
        "uid": dashboard_uid(board.name),
        "title": f"StratMaster: {board.title}",
        "tags": ["stratmaster"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "1m",
        "timezone": "utc",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "current": {}}]},
        "links": [
            {"title": "StratMaster", "type": "dashboards", "tags": ["stratmaster"], "asDropdown": True},
            {"title": "Logs", "type": "link", "url": logs, "targetBlank": True},
        ],
        "annotations": {"list": []},
        "panels": _placed(board.panels),
    }


def _placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """From left to right, a new row where the next doesn't fit."""
    found: list[dict[str, Any]] = []
    x = y = height = 0
    for number, panel in enumerate(panels, 1):
        width = _WIDTH[panel.kind]
        if x + width > _COLUMNS:
            x, y, height = 0, y + height, 0
        place = {"x": x, "y": y, "w": width, "h": _HEIGHT[panel.kind]}
        found.append(_panel(number, panel, place))
        x, height = x + width, max(height, place["h"])
    return found


def _panel(number: int, panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": dict(_SOURCE),
        "gridPos": dict(place),
        "fieldConfig": {"defaults": {"unit": panel.unit, "thresholds": _thresholds(panel)}, "overrides": []},
        "options": {},
        "targets": [
            {"refId": chr(ord("A") + index), "expr": expr, "legendFormat": legend, "datasource": dict(_SOURCE)}
            for index, (legend, expr) in enumerate(panel.queries.items())
        ],
    }


def _thresholds(panel: Panel) -> dict[str, Any]:
    good, bad = ("green", "red") if panel.above else ("red", "green")
    steps: list[dict[str, Any]] = [{"color": "green" if panel.limit is None else good, "value": None}]
    if panel.limit is not None:
        steps.append({"color": bad, "value": panel.limit})
    return {"mode": "absolute", "steps": steps}
