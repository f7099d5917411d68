"""The chart under the real Helm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.helm.rendering import Chart, Rendered, production_values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def chart(helm: Path) -> Chart:
    return Chart(helm)


@pytest.fixture(scope="session")
def slot(chart: Chart) -> Rendered:
    """A production slot."""
    return chart.render(production_values())
