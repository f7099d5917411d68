"""The chart under the real Helm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.control_plane import ControlPlane
from tests.helm.rendering import Chart, Rendered, production_values

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Helm itself. It is the control plane's, but needs none that runs."""
    return ControlPlane(tmp_path_factory.mktemp("never-started")).binary("helm")


@pytest.fixture(scope="session")
def chart(helm: Path) -> Chart:
    return Chart(helm)


@pytest.fixture(scope="session")
def slot(chart: Chart) -> Rendered:
    """A production slot."""
    return chart.render(production_values())
