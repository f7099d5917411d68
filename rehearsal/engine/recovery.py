"""What a killed run left half-done: found again, and marked so that this run finishes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from rehearsal.engine.deployment import Deployment
from rehearsal.engine.events import Step
from rehearsal.engine.providers.base import Made, Provider
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import mapping

INTERRUPTED = "the last run was interrupted while it was being {}"
_DOING = {"creating": "created", "updating": "updated", "deleting": "deleted"}

Find: TypeAlias = Callable[[Resource], Provider]


def recover(deployment: Deployment, provider: Find) -> None:
    """Settle the operations that the last run began and didn't end; a preview only says that there are some.

    Something that was being created may exist: it is looked up, and kept if it does. What was being updated
    may be half-way: it is updated again. What was being deleted is forgotten once it is gone; if it is still
    there untouched it stays, since the program may want it again.
    """
    for operation, resource in list(deployment.state.pending.values()):
        mark = INTERRUPTED.format(_DOING[operation])
        deployment.say("warning", f"{resource.name}: {mark}", urn=resource.urn)
        if deployment.preview:
            continue
        match operation:
            case "creating":
                _created(deployment, provider, resource, mark)
            case "updating" if deployment.state.find(resource.urn):
                deployment.state.record(resource.with_errors(mark))
            case "deleting":
                _deleted(deployment, provider, resource)
            case _:
                deployment.state.abandon(resource)


def _read(provider: Find, resource: Resource) -> Made | None:
    return provider(resource).read(resource.type, resource.id, resource.inputs) if resource.id else None


def _created(deployment: Deployment, provider: Find, resource: Resource, mark: str) -> None:
    state = deployment.state
    found = _read(provider, resource)
    if found is None:
        state.abandon(resource)
        return
    replaced = state.find(resource.urn)
    if replaced is not None and replaced.id != found.id:
        state.record(replace(replaced, delete=True))
    state.record(replace(resource, id=found.id, outputs=found.outputs).with_errors(mark))


def _deleted(deployment: Deployment, provider: Find, resource: Resource) -> None:
    found = _read(provider, resource)
    if found is not None and not mapping(found.outputs.get("metadata")).get("deletionTimestamp"):
        deployment.state.abandon(resource)
        return
    if found is not None:
        step = Step(op="delete", urn=resource.urn, parent=resource.parent)
        target = deployment.target(step, resource.type, resource.inputs, resource.timeouts.delete)
        provider(resource).delete(resource, target)
    deployment.state.forget(resource)
