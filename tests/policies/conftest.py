from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.engine.analyzers import Analyzers
from tests.policies.judging import PACK, Judge


def _judge(environment: str | None) -> Iterator[Judge]:
    config = {} if environment is None else {"stratmaster:environment": environment}
    with Analyzers.start([PACK], project="stratmaster", stack="blue", dry_run=True, config=config) as analyzers:
        yield Judge(analyzers)


@pytest.fixture(scope="session")
def production() -> Iterator[Judge]:
    yield from _judge("production")


@pytest.fixture(scope="session")
def development() -> Iterator[Judge]:
    yield from _judge("development")


@pytest.fixture(scope="session")
def unsaid() -> Iterator[Judge]:
    """A stack whose config doesn't name its environment."""
    yield from _judge(None)
