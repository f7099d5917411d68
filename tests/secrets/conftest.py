"""What the tests of secrets share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def pack_that_renders(helm_on_the_path: None) -> None:
    """Everywhere here the pack may be asked."""
