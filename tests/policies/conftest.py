from __future__ import annotations

import pytest

from tests.policies.judging import Pack


@pytest.fixture(scope="session", autouse=True)
def pack_that_renders(helm_on_the_path: None) -> None:
    """Everywhere here the pack may be asked."""


@pytest.fixture(scope="session")
def production() -> Pack:
    return Pack()


@pytest.fixture(scope="session")
def development() -> Pack:
    return Pack().of(stack="dev", environment="development")
