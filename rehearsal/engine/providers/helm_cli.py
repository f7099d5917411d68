"""The Helm 3 command, as a child that never outlives what it is needed for."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psutil

from rehearsal.engine.providers.base import ProviderError, Say


class HelmError(ProviderError):
    """Helm's own words on why it failed."""


@dataclass(frozen=True, kw_only=True)
class HelmCli:
    """Helm against one cluster.

    Args:
        binary: the command.
        kubeconfig, context: the cluster.
        home: where the process id of a running install or upgrade is noted, so that a killed run's Helm is
            ended before its release is touched again.
    """

    binary: Path
    kubeconfig: Path
    context: str
    home: Path

    def status(self, id_: str) -> dict[str, object] | None:
        """The newest revision of a release, None if there is none."""
        namespace, _, name = id_.partition("/")
        try:
            newest = self._helm("status", name, "-n", namespace, "-o", "json")
        except HelmError as error:
            if "not found" in str(error):
                return None
            raise
        found = cast("dict[str, object]", json.loads(newest))
        return {key: found[key] for key in ("name", "namespace", "version", "info")}

    def manifest(self, id_: str) -> str:
        """The objects of a release, as YAML."""
        namespace, _, name = id_.partition("/")
        return self._helm("get", "manifest", name, "-n", namespace)

    def template(self, name: str, namespace: str, chart: str, values: str) -> str:
        """The objects that an install would make, as YAML, without asking any cluster."""
        return self._helm("template", name, chart, "-n", namespace, "-f", "-", stdin=values)

    def apply(  # noqa: PLR0913 what Helm needs to know
        self, verb: str, id_: str, chart: str, values: str, flags: Sequence[str], *, say: Say
    ) -> None:
        """Install or upgrade a release. Its values go through a pipe: they may be secret, and leave no file.

        Raises:
            HelmError: it failed.
        """
        namespace, _, name = id_.partition("/")
        arguments = [verb, name, chart, "-n", namespace, "-f", "-", "-o", "json", *flags]
        self._helm(*arguments, stdin=values, note=self._note(id_), say=say)

    def uninstall(self, id_: str, *, wait: bool, timeout: int, say: Say) -> None:
        """Uninstall a release."""
        namespace, _, name = id_.partition("/")
        flags = ["--wait"] if wait else []
        self._helm("uninstall", name, "-n", namespace, "--timeout", f"{timeout}s", *flags, say=say)

    def rollback(self, id_: str) -> None:
        """Put the last revision that was deployed back."""
        namespace, _, name = id_.partition("/")
        listed = self._helm("history", name, "-n", namespace, "-o", "json")
        history = cast("list[dict[str, object]]", json.loads(listed))
        good = [each["revision"] for each in history if each["status"] in ("deployed", "superseded")]
        if good:
            self._helm("rollback", name, str(good[-1]), "-n", namespace)

    def end_leftover(self, id_: str) -> None:
        """End the Helm that a killed run left working on a release."""
        note = self._note(id_)
        if not note.exists():
            return
        with contextlib.suppress(ValueError, psutil.Error):
            left = psutil.Process(int(note.read_text()))
            if "helm" in left.name():
                left.kill()
                left.wait(10)
        note.unlink(missing_ok=True)

    def _note(self, id_: str) -> Path:
        return self.home / f"helm-{id_.replace('/', '-')}.pid"

    def _helm(self, *arguments: str, stdin: str = "", note: Path | None = None, say: Say | None = None) -> str:
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("HELM_")},
            "KUBECONFIG": str(self.kubeconfig),
            "HELM_CACHE_HOME": str(self.home / "helm"),
            "HELM_CONFIG_HOME": str(self.home / "helm"),
            "HELM_DATA_HOME": str(self.home / "helm"),
        }
        started = time.monotonic()
        context = ["--kube-context", self.context] if self.context else []
        child = subprocess.Popen(
            [str(self.binary), *arguments, *context],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        if note is not None:
            note.write_text(str(child.pid))
        try:
            output, errors = child.communicate(stdin)
        except BaseException:
            child.send_signal(signal.SIGINT)  # Helm rolls back what it began
            child.wait()
            raise
        finally:
            if note is not None:
                note.unlink(missing_ok=True)
        if child.returncode:
            raise HelmError(_reason(errors))
        if say:
            say(f"helm {arguments[0]} took {time.monotonic() - started:.1f} s")
        return output


def _reason(errors: str) -> str:
    """Helm's last error, without its log lines and its `Error:`."""
    lines = [line for line in errors.strip().splitlines() if line and not line.startswith("level=")]
    start = next((index for index, line in enumerate(lines) if line.startswith("Error:")), 0)
    return "\n".join(lines[start:]).removeprefix("Error: ") or "helm failed without a word"
