"""Documents that hold previews, whoever made them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, cast

from rehearsal.engine import urn as urns
from rehearsal.engine.analyzed import Violation
from rehearsal.engine.diff import FieldChange
from rehearsal.engine.events import Diagnostic, Op, Result, Severity, Step
from rehearsal.engine.wire import from_json
from rehearsal.errors import RehearsalError
from rehearsal.pull_requests.preview import Json, Preview, blinded, counted, under_parents
from rehearsal.pull_requests.released import from_digest, from_events

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
"""A stack's name, as Pulumi has it (tokens.ParseStackName)."""


def previews(name: str, text: str) -> list[Preview]:
    """The previews in a document, one a stack.

    Args:
        name: of the document, for errors.
        text: what `python -m rehearsal preview --json` prints, with either engine; what
            `python -m rehearsal.pull_requests preview` writes; or what `pulumi preview --json` prints of one stack.

    Raises:
        RehearsalError: it is none of these.
    """
    try:
        return [blinded(each) for each in _read(_document(text))]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        raise RehearsalError(
            f"{name} holds no preview that can be read",
            "Make it with `make preview-cluster`, `make preview-embedded` or `pulumi preview --json`.",
        ) from None


def _document(text: str) -> Json:
    """The document as if it were of our own making: `{"stacks": [{"stack": ..., ...}]}`."""
    try:
        found = json.loads(text)
    except ValueError:
        events = [cast("Json", json.loads(line)) for line in text.splitlines() if line.strip()]
        return {"stacks": [{"stack": _stack(events), "events": events}]}
    document = cast("Json", found)
    if "stacks" in document:
        return document
    return {"stacks": [{"stack": _stack(cast("Sequence[Json]", document["steps"])), "pulumi": document}]}


def _stack(told: Sequence[Json]) -> str:
    """The stack that the first URN in events or steps names."""
    for each in told:
        step = cast("Json", cast("Json", each.get("resourcePreEvent") or {}).get("metadata") or each)
        if "urn" in step:
            return str(step["urn"]).split(":", 3)[2]
    raise ValueError("no URN")


def _read(document: Json) -> Iterator[Preview]:
    for entry in cast("Sequence[Json]", document["stacks"]):
        stack = str(entry["stack"]).rpartition("/")[2]  # organization/project/stack
        if not _NAME.fullmatch(stack):
            raise ValueError(stack)
        if "operation" in entry:
            yield _embedded(stack, entry)
            continue
        if "events" in entry:
            preview = from_events(stack, cast("Sequence[Json]", entry["events"]))
        else:
            digest = entry["pulumi"]
            preview = from_digest(stack, cast("Json", digest) if isinstance(digest, Mapping) else {})
        _conclude(preview.result, entry)
        yield preview


def _conclude(result: Result, entry: Json) -> None:
    """A command that failed says so, even where its output doesn't."""
    complaint = str(entry.get("complaint") or "")
    if not entry.get("exitCode") or (result.failed and not complaint):
        return
    said = complaint.removeprefix("error: ") or f"pulumi ended with exit code {entry['exitCode']}; see its output"
    result.diagnostics.append(Diagnostic(severity="error", message=said))


def _embedded(stack: str, entry: Json) -> Preview:
    """A run of the embedded engine, as `rehearsal.report` writes it: what doesn't change is only counted."""
    changes = [_step(each) for each in cast("Sequence[Json]", entry["changes"])]
    told = cast("Mapping[Op, int]", entry["summary"])
    stack_itself = not any(step.type == urns.STACK_TYPE for step in changes)
    diagnostics = [_diagnostic(each) for each in cast("Sequence[Json]", entry["diagnostics"])]
    result = Result(
        stack=stack,
        preview=True,
        steps=under_parents(changes),
        diagnostics=[each for each in diagnostics if each.severity != "info"],
        violations=[_violation(each) for each in cast("Sequence[Json]", entry["policies"])],
        seconds=float(cast("float", entry["seconds"])),
    )
    counts = {**counted(changes), "same": max(0, told.get("same", 0) - stack_itself)}
    judged = bool(entry["packs"]) if "packs" in entry else None
    return Preview(result=result, counts=cast("Mapping[Op, int]", counts), judged=judged)


def _step(told: Json) -> Step:
    return Step(
        op=cast("Op", told["op"]),
        urn=str(told["urn"]),
        parent=str(told.get("parent") or ""),
        fields=tuple(_field(each) for each in cast("Sequence[Json]", told["fields"])),
    )


def _field(told: Json) -> FieldChange:
    return FieldChange(
        path=(str(told["path"]),),
        kind=cast("Literal['add', 'delete', 'update']", told["kind"]),
        old=from_json(told["old"]),
        new=from_json(told["new"]),
        replaces=bool(told["replaces"]),
    )


def _diagnostic(told: Json) -> Diagnostic:
    severity = cast("Severity", told["severity"])
    return Diagnostic(severity=severity, message=str(told["message"]), urn=str(told["urn"]))


def _violation(told: Json) -> Violation:
    texts = {key: str(told[key]) for key in ("pack", "version", "policy", "urn", "message", "description", "severity")}
    return Violation(**texts, mandatory=bool(told["mandatory"]))
