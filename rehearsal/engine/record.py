"""Running a stack's whole program without a cluster, to see what it declares."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.engine import program
from rehearsal.engine import urn as urns
from rehearsal.engine.deployment import ORGANIZATION, Deployment
from rehearsal.engine.events import Diagnostic, Result, Silent
from rehearsal.engine.monitor import Monitor
from rehearsal.engine.program import Config
from rehearsal.engine.providers.base import Change, Made, Provider, ProviderError, Target
from rehearsal.engine.registration import Registration
from rehearsal.engine.resource import Resource
from rehearsal.engine.state import State
from rehearsal.engine.wire import Properties, Secret, mapping, text


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a recorded program finds when it looks something up.

    Args:
        stacks: outputs of other stacks, by the stack's name; an empty mapping is one that was never updated.
        objects: live objects by kind and id (`("Deployment", "stratmaster-blue/stratmaster-api")`).
        random: what every generated value is, so that a test can look for it.
    """

    stacks: Mapping[str, Properties] = field(default_factory=dict[str, Properties])
    objects: Mapping[tuple[str, str], Properties] = field(default_factory=dict[tuple[str, str], Properties])
    random: str = "recorded-random-value"


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a program declared.

    Args:
        resources: in the order they were registered, components and the stack itself too; reads are `external`.
        outputs: the stack's outputs.
        diagnostics: what was said.
        positions: where the program makes each resource, as a file's URI and a line, by URN.
    """

    resources: tuple[Resource, ...]
    outputs: Properties
    diagnostics: tuple[Diagnostic, ...]
    positions: Mapping[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])

    @property
    def error(self) -> str | None:
        """The errors' text, None if all went well."""
        errors = [each.message for each in self.diagnostics if each.severity == "error"]
        return "\n".join(errors) or None

    def of_kind(self, kind: str) -> list[Resource]:
        """The recorded objects of a Kubernetes kind."""
        own = [each for each in self.resources if each.custom and not each.external]
        return [each for each in own if each.inputs.get("kind") == kind]


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """A provider that makes nothing: outputs are inputs, ids are those that the real ones would give."""

    known: Known

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`."""
        del type_, urn, old
        return inputs

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`."""
        del old, target
        return Change()

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`."""
        holder = mapping(target.inputs.get("metadata")) or target.inputs
        namespace, name = text(holder.get("namespace")), text(holder.get("name"))
        return f"{namespace}/{name}" if namespace else name or urns.name(target.urn)

    def create(self, target: Target) -> Made:
        """See `Provider.create`."""
        if not target.type.startswith("random:"):
            return Made(id=self.id_of(target), outputs=target.inputs)
        value = Secret(self.known.random) if target.type.endswith("Password") else self.known.random
        keys = ("result", "hex", "b64Std", "b64Url", "dec")
        return Made(id=self.known.random, outputs={**target.inputs, **dict.fromkeys(keys, value)})

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`."""
        return Made(id=old.id, outputs=target.inputs)

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`."""

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`: what is `known`."""
        kind = text(properties.get("kind")) or type_.rsplit(":", 1)[-1]
        found = self.known.objects.get((kind, id_))
        return None if found is None else Made(id=id_, outputs=found)

    def provider(self, registration: Registration) -> Provider:
        """See `monitor.Registry`."""
        del registration
        return self

    def default(self, package: str, type_: str) -> Provider:
        """See `monitor.Registry`."""
        del package, type_
        return self

    def stack_outputs(self, name: str) -> Properties:
        """See `monitor.Registry`."""
        stack = name.rsplit("/", 1)[-1]
        if stack not in self.known.stacks:
            raise ProviderError(f'unknown stack "{name}"\nMake it, or mend the name.')
        return self.known.stacks[stack]


def record(project: Path, name: str, stack: str, config: Config, known: Known | None = None) -> Recording:
    """Run the program of `project` for `stack` against a recorder.

    Args:
        project: the folder with Pulumi.yaml.
        name: the project's name.
        stack: the stack's name.
        config: its configuration, for instance `Project.find(project).config(stack)`.
        known: what its look-ups find.
    """
    recorder = Recorder(known=known or Known())
    with tempfile.TemporaryDirectory() as scratch:
        deployment = Deployment(
            project=name,
            stack=stack,
            organization=ORGANIZATION,
            preview=True,  # what isn't known here is unknown, as in any preview
            state=State.load(Path(scratch) / "state.json", "recording"),
            listener=Silent(),
            result=Result(stack=stack, preview=True),
        )
        monitor = Monitor(deployment=deployment, registry=recorder)
        program.run(project, deployment, monitor, config)
    return Recording(
        resources=tuple(deployment.registered.values()),
        outputs=deployment.outputs,
        diagnostics=tuple(deployment.result.diagnostics),
        positions=monitor.positions,
    )
