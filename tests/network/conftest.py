"""What the network tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from tests.network import analyser
from tests.network.declaring import FULL_ENDPOINTS, FULL_NETWORK, GROUPS, Declared, declare

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def production() -> Declared:
    """Production's three namespaces, with everything configured that can be."""
    return declare(network=FULL_NETWORK, endpoints=FULL_ENDPOINTS, access=GROUPS)


@pytest.fixture(scope="session")
def cyclonus() -> Path:
    """The independent analyser; a minute's work the first time."""
    try:
        return analyser.build()
    except (analyser.CannotBuildError, RehearsalError) as error:
        pytest.skip(f"the independent analyser of network policies can't be built here: {error}")
