"""The operations of the embedded engine on one stack: preview, update, destroy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rehearsal.engine import program, recovery
from rehearsal.engine import urn as urns
from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from rehearsal.engine.deletion import Deleter
from rehearsal.engine.deployment import ORGANIZATION, Deployment
from rehearsal.engine.events import Listener, Result
from rehearsal.engine.monitor import Monitor
from rehearsal.engine.program import Config
from rehearsal.engine.providers.base import Provider, ProviderError
from rehearsal.engine.redaction import Redactor
from rehearsal.engine.registry import Cluster, Providers
from rehearsal.engine.resource import Resource
from rehearsal.engine.state import State
from rehearsal.engine.wire import Properties, plain
from rehearsal.errors import RehearsalError


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The embedded engine for one project.

    Args:
        project: the folder with Pulumi.yaml.
        name: the project's name.
        states: the folder with the stacks' states.
        stacks: the stacks that exist; others can't be referred to.
        passphrase: what the states' secrets are encrypted with.
        cluster: the rehearsal's own.
        packs: the policy packs' folders.
    """

    project: Path
    name: str
    states: Path
    stacks: frozenset[str]
    passphrase: str
    cluster: Cluster
    packs: Sequence[Path] = ()

    def judges(self, stack: str, config: Config, *, preview: bool) -> Analyzers:
        """The packs for a run, which come up while something else goes on. Whoever has them closes them."""
        return Analyzers.start(
            self.packs,
            project=self.name,
            stack=stack,
            organization=ORGANIZATION,
            dry_run=preview,
            config=config.values,
        )

    def preview(self, stack: str, config: Config, listener: Listener, judges: Analyzers | None = None) -> Result:
        """What an update of `stack` would do. Writes nothing, neither to the cluster nor to the state.

        Args:
            stack: its name.
            config: its config.
            listener: is told what happens.
            judges: its packs, where they were started before; closed when this returns.
        """
        return self._run(stack, config, listener, preview=True, judges=judges)

    def update(self, stack: str, config: Config, listener: Listener) -> Result:
        """Bring `stack` to what its program asks for; call `preview` first and look at its result."""
        return self._run(stack, config, listener, preview=False)

    def destroy(self, stack: str, listener: Listener, *, preview: bool) -> Result:
        """Delete all that `stack` holds, in reverse; the program doesn't run."""
        deployment, providers = self._deployment(stack, listener, preview=preview)
        started = time.monotonic()
        try:
            self._recover(deployment, providers)
            if not deployment.result.failed:
                self._deleter(deployment, providers).delete(deployment.state.live())
        finally:
            if not preview:
                deployment.state.save()
            deployment.result.seconds = time.monotonic() - started
        return deployment.result

    def outputs(self, stack: str) -> Properties | None:
        """The outputs of a stack; None when it was never updated."""
        return self._state(stack).outputs()

    def holds(self, stack: str) -> bool:
        """Whether a stack holds anything, or was interrupted while it came to."""
        state = self._state(stack)
        return bool(state.resources or state.pending)

    def _run(
        self, stack: str, config: Config, listener: Listener, *, preview: bool, judges: Analyzers | None = None
    ) -> Result:
        deployment, providers = self._deployment(stack, listener, preview=preview)
        started = time.monotonic()
        try:
            with judges or self.judges(stack, config, preview=preview) as analyzers:
                deployment.analyzers = analyzers if self.packs else None
                self._recover(deployment, providers)
                if not deployment.result.failed:
                    self._program(deployment, providers, config)
        finally:
            if not preview:
                deployment.state.save()
            deployment.result.seconds = time.monotonic() - started
        return deployment.result

    def _program(self, deployment: Deployment, providers: Providers, config: Config) -> None:
        monitor = Monitor(deployment=deployment, registry=providers)
        program.run(self.project, deployment, monitor, replace(config, kubeconfig=self.cluster.kubeconfig))
        result = deployment.result
        if any(each.severity == "error" for each in result.diagnostics):
            return
        if deployment.analyzers is not None:
            judged = deployment.judged
            shown = [
                replace(judged.get(urn, AnalyzedResource(resource=each)), resource=each)
                for urn, each in deployment.registered.items()
                if not each.external  # Pulumi 3.260 keeps look-ups apart (step_executor.go: reads, news)
            ]
            deployment.blame(deployment.analyzers.analyze_stack(shown))
        if result.failed and not deployment.preview:
            return
        root = next((each for each in deployment.registered.values() if each.type == urns.STACK_TYPE), None)
        if root is not None:
            deployment.settle(replace(root, outputs=deployment.outputs))
        result.outputs = {key: plain(value) for key, value in deployment.outputs.items()}
        kept = deployment.registered.keys() | set(deployment.renamed.values())
        dropped = [each for each in deployment.state.live() if each.delete or each.urn not in kept]
        unfinished = dropped or result.changes or deployment.state.pending
        result.settled = not unfinished and all(
            _as_kept(each, deployment.state.find(each.urn))
            for each in deployment.registered.values()
            if not each.external
        )
        self._deleter(deployment, providers).delete(dropped)

    def _recover(self, deployment: Deployment, providers: Providers) -> None:
        try:
            recovery.recover(deployment, lambda resource: self._of(deployment, providers, resource))
        except (ProviderError, RehearsalError) as error:
            deployment.fail(str(error))

    def _deleter(self, deployment: Deployment, providers: Providers) -> Deleter:
        return Deleter(deployment=deployment, provider=lambda resource: self._of(deployment, providers, resource))

    def _of(self, deployment: Deployment, providers: Providers, resource: Resource) -> Provider:
        entry = deployment.state.find(resource.provider_urn) if resource.provider else None
        return providers.of_entry(entry, resource.type)

    def _deployment(self, stack: str, listener: Listener, *, preview: bool) -> tuple[Deployment, Providers]:
        deployment = Deployment(
            project=self.name,
            stack=stack,
            organization=ORGANIZATION,
            preview=preview,
            state=self._state(stack),
            listener=listener,
            result=Result(stack=stack, preview=preview),
            redactor=Redactor(names=frozenset({self.name, stack})),
        )
        for each in deployment.state.live():
            deployment.redactor.learn(each.inputs)
            deployment.redactor.learn(each.outputs)
        return deployment, Providers(cluster=self.cluster, outputs=self._referred, held=deployment.state.live)

    def _state(self, stack: str) -> State:
        return State.load(self.states / f"{stack}.json", self.passphrase)

    def _referred(self, name: str) -> Properties:
        organization, _, rest = name.partition("/")
        project, _, stack = rest.partition("/")
        if not rest:
            organization, project, stack = ORGANIZATION, self.name, name
        if (organization, project) != (ORGANIZATION, self.name) or stack not in self.stacks:
            raise ProviderError(
                f'unknown stack "{name}" (this project has: {", ".join(sorted(self.stacks))})\n'
                "Mend the name in the stack reference, or make the stack."
            )
        return self.outputs(stack) or {}


def _as_kept(registered: Resource, kept: Resource | None) -> bool:
    """Whether the state has a resource as it is. A component's outputs don't count: nobody reads them from there.

    What a gate saw is other in every run in which a pod is more or less ready; that is no reason to write.
    """
    if kept is not None and not registered.custom and registered.type != urns.STACK_TYPE:
        return replace(registered, outputs=kept.outputs) == kept
    return registered == kept
