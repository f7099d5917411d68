"""`record`: what a policy pack is shown of stacks, for a check that has no engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlparse

from google.protobuf import json_format

from rehearsal.engine import analyzer_messages as messages
from rehearsal.engine.analyzed import AnalyzedResource
from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Secret, Value, rebuild
from rehearsal.environment import environment, record_all
from rehearsal.errors import RehearsalError
from rehearsal.session import Session

_HIDDEN = "[secret]"
_CONFIG = "stratmaster"
_TELLING = ("environment", "role", "traffic", "protectData")
"""What a pack asks a stack's config."""


def shown(session: Session, stacks: Sequence[str]) -> list[dict[str, object]]:
    """Every resource of `stacks` as the analyzer protocol carries it, in protobuf's JSON; each finds the others ready.

    Strings that are secret are hidden, and still marked as secrets.

    Raises:
        RehearsalError: a program refuses.
    """
    found = environment(session.project, session.plane.binary("helm"))
    reports: list[dict[str, object]] = []
    for stack, recording in record_all(found, stacks).items():
        if recording.error is not None:
            what, _, mend = recording.error.partition("\n")
            raise RehearsalError(f"{stack}: {what}", mend or "Mend the program or the stack's file.")
        config = session.project.config(stack).values
        own = {key: config[f"{_CONFIG}:{key}"] for key in _TELLING if f"{_CONFIG}:{key}" in config}
        resources = [_resource(each, recording, session.project.folder) for each in recording.resources]
        reports.append({"stack": stack, "config": own, "resources": resources})
    return reports


def _resource(each: Resource, recording: Recording, project: Path) -> dict[str, object]:
    providers = {other.urn: other for other in recording.resources}
    analyzed = AnalyzedResource(resource=_hidden(each), provider=providers.get(each.provider_urn))
    file, line = recording.positions.get(each.urn, ("", 0))
    return {
        "declared": None if each.external else json_format.MessageToDict(messages.for_analysis(analyzed)),
        "shown": json_format.MessageToDict(messages.for_stack([analyzed]).resources[0]),
        "file": _relative(file, project),
        "line": line,
    }


def _hidden(each: Resource) -> Resource:
    return replace(each, inputs=_properties(each.inputs), outputs=_properties(each.outputs))


def _properties(properties: Properties) -> Properties:
    return {key: rebuild(value, lambda leaf: leaf, _masked) for key, value in properties.items()}


def _masked(value: Value) -> Secret:
    return Secret(rebuild(value, lambda leaf: _HIDDEN if isinstance(leaf, str) else leaf))


def _relative(uri: str, project: Path) -> str:
    path = Path(unquote(urlparse(uri).path))
    return str(path.relative_to(project)) if uri and path.is_relative_to(project) else ""
