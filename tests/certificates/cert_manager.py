"""cert-manager's own controllers, of the version whose definitions the rehearsal has."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.go_program import GoProgram

if TYPE_CHECKING:
    from collections.abc import Generator

NAMESPACE: Final = "cert-manager"
PROGRAM: Final = GoProgram(name="cert-manager", folder=Path(__file__).with_name("tools"), package=".")
"""Two minutes on two cores the first time; then it comes from the cache."""
STOP_SECONDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class CertManager:
    """The controllers, not running yet."""

    binary: Path
    kubeconfig: Path
    log: Path

    @contextmanager
    def running(self) -> Generator[None]:
        """Them at work."""
        command = [self.binary, f"--kubeconfig={self.kubeconfig}", f"--cluster-resource-namespace={NAMESPACE}"]
        with self.log.open("a") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                yield
            finally:
                process.terminate()
                process.wait(STOP_SECONDS)
