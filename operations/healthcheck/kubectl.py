"""Asks Kubernetes, through kubectl and whatever rights it has here."""

from __future__ import annotations

import json
import re
import select
import shutil
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from operations.errors import OperationError

CONTEXT: Final = "stratmaster"
"""The default of stratmaster:cluster.context; a test compares the two."""
_MISSING: Final = re.compile(r'\(NotFound\): (\S+) "([^"]+)" not found')
_SERVING: Final = re.compile(rb"Starting to serve on (\S+)")
_PATHS: Final = r"^/api/v1/namespaces/stratmaster-[a-z0-9-]+/services/http:[a-z0-9-]+:[0-9]+/proxy/healthz$"


class CannotTellError(Exception):
    """Nobody could be asked: no kubectl, no answer, no right.

    Attributes:
        what: what is missing.
        how: what to do about it.
    """

    def __init__(self, what: str, how: str) -> None:
        super().__init__(what)
        self.what = what
        self.how = how


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """One cluster.

    Attributes:
        context: the kubeconfig's. Where it is empty the stacks' own, as they name it by default: never the current one,
            which is whatever somebody last worked with.
    """

    context: str = ""

    def get(self, namespace: str, *names: str, seconds: float) -> list[Mapping[str, Any]]:
        """Objects, each as `kind/name`.

        Raises:
            OperationError: one of them isn't there.
            CannotTellError: nobody could be asked.
        """
        question = ("get", *names, "-n", namespace, "-o", "json", f"--request-timeout={seconds:g}s")
        try:
            done = subprocess.run(
                self._command(*question), capture_output=True, text=True, check=False, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            raise CannotTellError("the API server does not answer", "Is this machine's kubeconfig right?") from None
        if missing := _MISSING.search(done.stderr):
            raise OperationError(
                f"there is no {missing[1]} {namespace}/{missing[2]}",
                f"Run `pulumi up --stack {namespace.removeprefix('stratmaster-')}`.",
            )
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["kubectl failed"])[-1]
            raise CannotTellError(said, "Is this machine's kubeconfig right, and may it read Deployments, ConfigMaps?")
        answer = cast("Mapping[str, Any]", json.loads(done.stdout))
        return list(answer["items"]) if answer["kind"] == "List" else [answer]

    @contextmanager
    def services(self, seconds: float) -> Generator[str]:
        """The address of the API server's way to Services, for whoever is outside the cluster's network.

        `kubectl proxy` lends its rights to everybody on this machine while it runs: it lets nothing through but GETs of
        the slots' /healthz.

        Raises:
            CannotTellError: kubectl isn't here, or doesn't begin.
        """
        flags = ("--port=0", f"--accept-paths={_PATHS}", "--reject-methods=^(POST|PUT|PATCH|DELETE|OPTIONS)$")
        with subprocess.Popen(
            self._command("proxy", *flags), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            try:
                assert process.stdout is not None  # noqa: S101 - it was asked for
                ready, _, _ = select.select([process.stdout], [], [], seconds)
                serving = _SERVING.search(process.stdout.readline()) if ready else None
                if serving is None:
                    raise CannotTellError("kubectl proxy does not begin", "Is this machine's kubeconfig right?")
                yield f"http://{serving[1].decode()}"
            finally:
                process.kill()

    def _command(self, *arguments: str) -> tuple[str, ...]:
        found = shutil.which("kubectl")
        if found is None:
            raise CannotTellError("there is no kubectl here", "Install kubectl, or leave --slot out.")
        return (found, f"--context={self.context or CONTEXT}", *arguments)
