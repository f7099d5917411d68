"""The health check as its users run it, and what it says."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from operations.cli import parser
from operations.environment import Environment
from tests.operations.healthcheck.sites import Site, site

TIMEOUT = 4.0
SPARE = 5.0
"""Seconds that a busy machine may take besides."""
UNSET = {"POSTGRES_URL", "REDIS_URL", "BACKUP_BUCKET", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"}


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a health check said."""

    code: int
    findings: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """Of the one thing that was asked."""
        (finding,) = self.findings.values()
        return str(finding["verdict"])

    @property
    def what(self) -> str:
        """Its words."""
        (finding,) = self.findings.values()
        return f"{finding['what']}\n{finding['how']}"


Ask = Callable[..., Told]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Runs `healthcheck … --json`, in its time-out or not at all, in this process: a hundred Pythons take long."""

    def run(*arguments: str, timeout: float = TIMEOUT, **variables: str) -> Told:
        options = parser().parse_args(["healthcheck", "--json", f"--timeout={timeout}", *arguments])
        written, begun = io.StringIO(), time.monotonic()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(written):
            for name in UNSET:
                patch.delenv(name, raising=False)
            for name, value in variables.items():
                patch.setenv(name, value)
            code = options.run(options, Environment.of_process())
        assert time.monotonic() - begun < timeout + SPARE
        findings = {each["subject"]: each for each in json.loads(written.getvalue())["findings"]}
        return Told(code=code, findings=findings)

    return run


@pytest.fixture
def api() -> Iterator[Site]:
    """An API, or whatever a test makes of it."""
    with site() as running:
        yield running
