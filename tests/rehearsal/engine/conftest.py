from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.rehearsal.engine.packs import HEAD, SETTINGS, Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a pack that consists of some lines, and return its folder."""

    def write(main: str) -> Path:
        (tmp_path / "PulumiPolicy.yaml").write_text(SETTINGS)
        (tmp_path / "__main__.py").write_text(HEAD + dedent(main))
        return tmp_path

    return write
