"""The command line as a Job runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.operations.bucket import Bucket
from tests.operations.servers import PostgreSQL

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    output: str
    error: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """`python -m operations`, told of a database and a bucket."""

    server: PostgreSQL
    bucket: Bucket
    variables: dict[str, str] = field(default_factory=dict[str, str])

    def environment(self) -> dict[str, str]:
        """What its process sees."""
        return {
            **os.environ,
            **self.bucket.variables,
            "POSTGRES_URL": self.server.url(),
            "POSTGRES_BIN": str(self.server.binaries),
            "PYTHONPATH": str(ROOT),
            **self.variables,
        }

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it."""
        return subprocess.Popen(
            [sys.executable, "-m", "operations", *arguments],
            cwd=ROOT,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> Ended:
        """Run it to its end."""
        with self.begin(*arguments) as process:
            output, error = process.communicate(timeout=300)
        return Ended(code=process.returncode, output=output, error=error)
