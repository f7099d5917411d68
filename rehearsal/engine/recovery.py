"""What a killed run left half-done: found again, and marked so that this run finishes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rehearsal.engine.deployment import Deployment
from rehearsal.engine.providers.base import Provider
from rehearsal.engine.resource import Resource

INTERRUPTED = "the last run was interrupted while it was being {}"


def recover(deployment: Deployment, provider: Callable[[Resource], Provider]) -> None:
    """Settle the operations that the last run began and didn't end.

    Something that was being created may exist: it is looked up, and kept if it does. What was being
    updated may be half-way: it is updated again. What was being deleted is still in the state, or was
    replaced: its deletion is begun anew. A preview only says so.
    """
    state = deployment.state
    for operation, resource in list(state.pending.values()):
        deployment.say("warning", f"{resource.name}: {INTERRUPTED.format(operation)}", urn=resource.urn)
        if deployment.preview:
            continue
        if operation == "deleting" or (operation == "updating" and state.find(resource.urn) is None):
            state.pending.pop((resource.urn, resource.id if resource.delete else ""), None)
            continue
        mark = INTERRUPTED.format(operation)
        if operation == "updating":
            state.record(resource.with_errors(mark))
            continue
        found = provider(resource).read(resource.type, resource.id, resource.inputs) if resource.id else None
        if found is None:
            state.forget(resource)
        else:
            state.record(replace(resource, id=found.id, outputs=found.outputs).with_errors(mark))
