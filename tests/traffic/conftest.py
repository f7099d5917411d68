"""The one site that the traffic tests share."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.capture import CaptureManager  # pytest has no public name for the way past its capture

from tests.traffic.live_site import Site, standing
from tests.traffic.namespace import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Says a line at once, past pytest's capture: a first run builds for minutes, and figures are to be read."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    def line(text: str) -> None:
        with capture.global_and_fixture_disabled() if isinstance(capture, CaptureManager) else nullcontext():
            sys.stdout.write(f"\ntraffic: {text}\n")
            sys.stdout.flush()

    return line


@pytest.fixture(scope="session")
def site(say: Callable[[str], None]) -> Iterator[Site]:
    """The environment with blue live. In CI it has to be there; elsewhere its tests are skipped where it can't."""
    with tempfile.TemporaryDirectory(prefix="traffic-") as folder:
        try:
            with standing(Path(folder).resolve(), say) as found:
                yield found
        except UnavailableError as error:
            reason = f"traffic can't be tested for real here: {error}"
            if os.environ.get("CI"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
