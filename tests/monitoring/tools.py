"""Prometheus' own tools, built once from pinned Go modules: what judges the rules is what will run them."""

from pathlib import Path
from typing import Final

from tests.go_program import GoProgram

_FOLDER: Final = Path(__file__).with_name("tools")
# Without the discovery of a dozen clouds: what tests need builds in a minute and a half instead of ten.
_TAGS: Final = "remove_all_sd"

PROMTOOL: Final = GoProgram(
    name="promtool", folder=_FOLDER, package="github.com/prometheus/prometheus/cmd/promtool", tags=_TAGS
)
PROMETHEUS: Final = GoProgram(
    name="prometheus", folder=_FOLDER, package="github.com/prometheus/prometheus/cmd/prometheus", tags=_TAGS
)
AMTOOL: Final = GoProgram(
    name="amtool", folder=_FOLDER, package="github.com/prometheus/alertmanager/cmd/amtool", tags=_TAGS
)
QUERY: Final = GoProgram(name="query", folder=_FOLDER, package=".", tags=_TAGS)
OPERATOR: Final = GoProgram(name="operator", folder=Path(__file__).with_name("operator"), package=".")
"""The Prometheus operator's own translation of AlertmanagerConfig objects."""
