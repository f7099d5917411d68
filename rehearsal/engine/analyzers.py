"""Policy packs, run as the Pulumi CLI runs them: each its own process, asked over the analyzer protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rehearsal.engine import urn as urns
from rehearsal.engine.analyzed import AnalyzedResource, Remediation, Violation
from rehearsal.engine.analyzer_process import PackProcess, PackProject, PackSettings

if TYPE_CHECKING:
    from rehearsal.engine.analyzer_client import PackClient

__all__ = ["AnalyzedResource", "Analyzers", "Remediation", "Violation"]


def _ignore(_: str) -> None:
    """A pack's own output isn't the user's, unless the caller passes it on."""


class Analyzers:
    """The packs of one run.

    `start` returns at once, so that packs come up (about a second) beside everything else; the first question waits
    for them, as `ready` does. A context manager: its end, `close`, ends every process.
    """

    def __init__(self, projects: Sequence[PackProject], settings: PackSettings, say: Callable[[str], None]) -> None:
        self._stack_urn = urns.make(
            stack=settings.stack,
            project=settings.project,
            parent="",
            type_=urns.STACK_TYPE,
            name=f"{settings.project}-{settings.stack}",
        )
        self._clients: list[PackClient] | None = None
        self._connecting = Lock()
        with ExitStack() as started:
            self._processes: list[tuple[PackProcess, PackProject]] = []
            for project in projects:
                process = PackProcess(project, settings, say)
                started.callback(process.stop)
                self._processes.append((process, project))
            self._resources = started.pop_all()

    @classmethod
    def start(  # noqa: PLR0913 one argument for each thing that the CLI tells a pack
        cls,
        packs: Sequence[Path],
        *,
        project: str,
        stack: str,
        dry_run: bool,
        config: Mapping[str, str],
        organization: str = "organization",
        say: Callable[[str], None] = _ignore,
    ) -> Self:
        """Start the packs and don't wait.

        Args:
            packs: their folders; none is fine, and costs nothing.
            project: the project's name.
            stack: the stack's name.
            organization: the organisation's; what Pulumi's file and S3 backends have, if it isn't given.
            dry_run: whether this is a preview.
            config: the stack's config by full key (`stratmaster:role`), secret values in clear, as the CLI hands over.
            say: is given what packs write to standard output and error, line by line, from another thread, and
                unmasked: a pack that fails may quote a secret.

        Raises:
            RehearsalError: a folder holds no pack, or its PulumiPolicy.yaml can't be read. Nothing is left running.
        """
        settings = PackSettings(
            organization=organization, project=project, stack=stack, dry_run=dry_run, config=dict(config)
        )
        return cls([PackProject.load(pack) for pack in packs], settings, say)

    def ready(self) -> None:
        """Wait until every pack serves.

        Raises:
            RehearsalError: a pack didn't start, or is no pack.
        """
        self._ready()

    def remediate(self, resource: AnalyzedResource) -> Remediation:
        """The resource as the packs' remediations leave it, pack after pack; asked before `analyze`.

        Raises:
            RehearsalError: a pack couldn't answer; the run has to stop.
        """
        advice: list[Violation] = []
        for client in self._ready():
            remediation = client.remediate(resource)
            resource = remediation.resource
            advice += remediation.advice
        return Remediation(resource=resource, advice=tuple(advice))

    def analyze(self, resource: AnalyzedResource) -> list[Violation]:
        """What all packs say about one resource: asked when it was checked, before its step is carried out.

        Resources that are read (`.get`) aren't asked about, those that stay the same are.

        Raises:
            RehearsalError: a pack or a rule broke off; the run has to stop, whatever the rule's level.
        """
        return [violation for client in self._ready() for violation in client.analyze(resource)]

    def analyze_stack(self, resources: Sequence[AnalyzedResource]) -> list[Violation]:
        """What all packs say about the whole stack: asked once, at the end, when every step went well.

        Raises:
            RehearsalError: as `analyze`.
        """
        return [item for client in self._ready() for item in client.analyze_stack(resources, self._stack_urn)]

    def close(self) -> None:
        """End every pack's process. Safe to call again."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self) -> list[PackClient]:
        with self._connecting:
            if self._clients is None:
                self._clients = [self._connect(process, project) for process, project in self._processes]
            return self._clients

    def _connect(self, process: PackProcess, project: PackProject) -> PackClient:
        from rehearsal.engine.analyzer_client import PackClient  # noqa: PLC0415 gRPC is slow to import, see there

        client = PackClient(process, project)
        self._resources.callback(client.close)
        return client
