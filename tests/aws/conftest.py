"""A bench for the embedded engine, and clients for what it made at the rehearsal's AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.aws.engine import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A project with one stack, and nothing at AWS."""
    (tmp_path / "Pulumi.yaml").write_text("name: stratmaster\nruntime: python\n")
    return Bench(folder=tmp_path)
