"""What a machine reads: the same as the screen shows, as JSON."""

from __future__ import annotations

from collections import Counter

from rehearsal.engine.events import Result, Step
from rehearsal.engine.wire import plain


def of_result(result: Result) -> dict[str, object]:
    """One run as plain data, without any secret."""
    return {
        "stack": result.stack,
        "operation": "preview" if result.preview else "update",
        "failed": result.failed,
        "summary": dict(Counter(step.op for step in result.steps)),
        "changes": [_step(step) for step in result.changes],
        "diagnostics": [vars(each) for each in result.diagnostics],
        "policies": [vars(each) for each in result.violations],
        "outputs": result.outputs,
        "seconds": round(result.seconds, 3),
    }


def _step(step: Step) -> dict[str, object]:
    return {
        "op": step.op,
        "urn": step.urn,
        "type": step.type,
        "name": step.name,
        "fields": [
            {
                "path": field.label,
                "kind": field.kind,
                "old": plain(field.old),
                "new": plain(field.new),
                "replaces": field.replaces,
            }
            for field in step.fields
        ],
    }
