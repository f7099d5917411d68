"""Prometheus' tools, built once on a machine that has never had them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.monitoring import tools

if TYPE_CHECKING:
    from pathlib import Path

    from tests.go_program import GoProgram


def _built(program: GoProgram) -> Path:
    return program.provide(print) / program.name


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The judge of rules."""
    return _built(tools.PROMTOOL)


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """The server."""
    return _built(tools.PROMETHEUS)


@pytest.fixture(scope="session")
def amtool() -> Path:
    """The judge of routes."""
    return _built(tools.AMTOOL)


@pytest.fixture(scope="session")
def query() -> Path:
    """Reads PromQL."""
    return _built(tools.QUERY)


@pytest.fixture(scope="session")
def operator() -> Path:
    """The operator's own translation to Alertmanager."""
    return _built(tools.OPERATOR)
