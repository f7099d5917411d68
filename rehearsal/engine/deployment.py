"""One preview or update of one stack: what the monitor, the steps and the deletions share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rehearsal.engine.analyzed import AnalyzedResource, Violation
from rehearsal.engine.analyzers import Analyzers
from rehearsal.engine.events import Diagnostic, Listener, Result, Severity, Step
from rehearsal.engine.providers.base import Provider, Target
from rehearsal.engine.redaction import Redactor
from rehearsal.engine.resource import Resource
from rehearsal.engine.state import State
from rehearsal.engine.wire import Properties
from rehearsal.errors import RehearsalError

ORGANIZATION: Final = "organization"  # as Pulumi's own file backend calls it


class StoppedError(Exception):
    """The run was stopped by an error that has been reported: what is still to come is not started."""


@dataclass(kw_only=True)
class Deployment:
    """What one run works on.

    Args:
        project, stack, organization: whose run it is.
        preview: whether nothing may be written.
        state: the stack as it was; an update writes into it as it goes.
        providers: one for each provider resource, by URN, filled as they are registered.
        result: what the run did.
        listener: who is told as it happens.
        analyzers: the policy packs; None without any.
        redactor: takes secrets out of every message.
    """

    project: str
    stack: str
    organization: str
    preview: bool
    state: State
    listener: Listener
    result: Result
    analyzers: Analyzers | None = None
    redactor: Redactor = field(default_factory=Redactor)
    providers: dict[str, Provider] = field(default_factory=dict[str, Provider])
    registered: dict[str, Resource] = field(default_factory=dict[str, Resource])
    judged: dict[str, AnalyzedResource] = field(default_factory=dict[str, AnalyzedResource])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    outputs: Properties = field(default_factory=Properties)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check_open(self) -> None:
        """Raises StoppedError once anything has failed."""
        if self._stopped.is_set():
            raise StoppedError

    def claim(self, urn: str) -> None:
        """Take `urn` for the resource being registered.

        Raises:
            RehearsalError: another resource of this run has it.
        """
        with self._lock:
            if urn in self.registered:
                raise RehearsalError(
                    f'Duplicate resource URN "{urn}"', "Give one of the two resources another name or parent."
                )
            self.registered[urn] = Resource(urn=urn, type="", custom=False)

    def settle(self, resource: Resource) -> None:
        """Keep what became of a registered resource."""
        with self._lock:
            self.registered[resource.urn] = resource
        if not self.preview and self.state.find(resource.urn) != resource:
            self.state.record(resource)

    def start(self, step: Step) -> None:
        """Note that `step` begins."""
        with self._lock:
            self.result.steps.append(step)
        self.listener.started(step)

    def finish(self, step: Step, error: str = "") -> None:
        """Note that `step` ended."""
        self.listener.finished(step, self.redactor.clean(error))
        if error:
            self.fail(error, urn=step.urn)

    def fail(self, message: str, *, urn: str = "") -> None:
        """Report an error and start nothing more."""
        self._stopped.set()
        self.say("error", message, urn=urn)

    def say(self, severity: Severity, message: str, *, urn: str = "") -> None:
        """Report a message."""
        diagnostic = Diagnostic(severity=severity, message=self.redactor.clean(message), urn=urn)
        with self._lock:
            self.result.diagnostics.append(diagnostic)
        self.listener.said(diagnostic)

    def judge(self, resource: AnalyzedResource) -> Properties:
        """Ask the policy packs about a resource before anything is done to it; returns its inputs as they remedy them.

        Raises:
            StoppedError: it breaks a mandatory policy. A preview goes on, to show all of them.
        """
        if self.analyzers is None:
            return resource.resource.inputs
        remedied = self.analyzers.remediate(resource)
        violations = [*remedied.advice, *self.analyzers.analyze(remedied.resource)]
        self.blame(violations)
        with self._lock:
            self.judged[remedied.resource.resource.urn] = remedied.resource
        if not self.preview and any(each.mandatory for each in violations):
            self._stopped.set()
            raise StoppedError
        return remedied.resource.resource.inputs

    def blame(self, violations: Sequence[Violation]) -> None:
        """Note the policies that were broken."""
        with self._lock:
            self.result.violations += [replace(each, message=self.redactor.clean(each.message)) for each in violations]

    def target(self, step: Step, type_: str, inputs: Properties, timeout: float | None = None) -> Target:
        """What a provider gets for `step`."""
        return Target(
            urn=step.urn,
            type=type_,
            inputs=inputs,
            preview=self.preview,
            timeout=timeout,
            say=lambda line: self.listener.progress(step, self.redactor.clean(line)),
        )
