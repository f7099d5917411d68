"""Previews as the released CLI tells them to machines, in the engine's own terms.

`pulumi preview --json` has two forms. The stream of events (with PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true) has
everything; the digest leaves out what policy packs said (pkg/backend/display/json.go: "we don't handle policy events"),
so a preview that a policy blocked looks there like one that went well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

from rehearsal.engine.analyzed import Violation
from rehearsal.engine.diff import FieldChange, Path, differences, parse_path
from rehearsal.engine.events import Diagnostic, Op, Result, Severity, Step
from rehearsal.engine.urn import STACK_TYPE
from rehearsal.engine.wire import SIGNATURE, UNKNOWN, UNKNOWN_TEXT, Properties, Secret, Value
from rehearsal.errors import RehearsalError
from rehearsal.pull_requests.preview import Json, Preview, counted, under_parents

_OPS: Final[Mapping[str, Op]] = {
    "create": "create",
    "import": "create",
    "update": "update",
    "replace": "replace",
    "delete": "delete",
    "same": "same",
    "read": "read",
    "discard": "discard",
}
"""What the engine's operations (deploy/step.go) are to a reader; the others are parts of a replacement or a refresh."""
_SEVERITIES: Final[Mapping[str, Severity]] = {"error": "error", "warning": "warning"}
_NANOSECONDS: Final = 1e-9
_BLINDED: Final = repr(Secret(None))
"""How the digest shows a secret: by its mark alone, in the place of all that is in it."""


def from_events(stack: str, events: Iterable[Json]) -> Preview:
    """The preview that a stream of engine events tells of."""
    result = Result(stack=stack, preview=True)
    steps: dict[str, Step] = {}
    summary: Json | None = None
    for event in events:
        if begun := _part(event, "resourcePreEvent"):
            _take(steps, cast("Json", begun["metadata"]))
        elif ended := _part(event, "resOutputsEvent"):
            # Of a resource that is refreshed, only its end tells what was found.
            metadata = cast("Json", ended["metadata"])
            if metadata.get("op") in ("update", "delete"):
                _take(steps, metadata)
        elif policy := _part(event, "policyEvent"):
            result.violations.append(_violation(policy))
        elif diagnostic := _part(event, "diagnosticEvent"):
            _say(result, diagnostic)
        summary = _part(event, "summaryEvent") or summary
    well = summary is not None and summary.get("result") in (None, "", "succeeded")
    if not well and not result.failed:
        result.diagnostics.append(Diagnostic(severity="error", message="the preview broke off"))
    result.steps = list(steps.values())
    result.seconds = float(cast("int", (summary or {}).get("durationSeconds") or 0))
    judged = bool((summary or {}).get("PolicyPacks"))
    return Preview(result=result, counts=counted(result.steps), judged=judged)


def _part(event: Json, kind: str) -> Json | None:
    """An event's content, if it is of that kind: it has one key that isn't null."""
    return cast("Json | None", event.get(kind))


def from_digest(stack: str, digest: Json) -> Preview:
    """The preview that a digest tells of; what policies said isn't in it."""
    result = Result(stack=stack, preview=True)
    steps: dict[str, Step] = {}
    for told in cast("list[Json]", digest.get("steps") or []):
        _take(steps, told)
    for told in cast("list[Json]", digest.get("diagnostics") or []):
        _say(result, told)
    result.steps = under_parents(steps.values())
    result.seconds = float(cast("int", digest.get("duration") or 0)) * _NANOSECONDS
    # Steps that change nothing are left out of a digest, but counted.
    unchanged = cast("Mapping[str, int]", digest.get("changeSummary") or {}).get("same", 0)
    stack_itself = any(step.op == "same" and step.type == STACK_TYPE for step in steps.values())
    counts: dict[Op, int] = {**counted(steps.values()), "same": max(0, unchanged - stack_itself)}
    return Preview(result=result, counts=counts)


def _take(steps: dict[str, Step], told: Json) -> None:
    """Keep a resource's step. The last one stands: a replacement's parts come around it, a refresh's end comes last."""
    op, urn = _OPS.get(str(told.get("op"))), str(told["urn"])
    if op is None or (op == "same" and urn in steps):
        return
    old = cast("Json", told.get("old") or told.get("oldState") or {})
    new = cast("Json", told.get("new") or told.get("newState") or {})
    steps[urn] = Step(
        op=op,
        urn=urn,
        parent=str(new.get("parent") or old.get("parent") or ""),
        fields=_fields(told, old, new) if op in ("update", "replace") else (),
    )


def _fields(told: Json, old: Json, new: Json) -> tuple[FieldChange, ...]:
    """What changes, by the provider's own account, else by comparing what the program asked for."""
    before, after = _properties(old, "inputs"), _properties(new, "inputs")
    detailed = cast("Mapping[str, Json] | None", told.get("detailedDiff"))
    if detailed is None:
        return tuple(differences(before, after))
    live = _properties(old, "outputs")
    return tuple(_field(selector, each, before, live, after) for selector, each in sorted(detailed.items()))


def _field(selector: str, told: Json, before: Properties, live: Properties, after: Properties) -> FieldChange:
    kind, _, replaces = str(told.get("diffKind") or told.get("kind") or "update").partition("-")
    try:
        path = parse_path(selector)
    except RehearsalError:
        path = (selector,)
    old = _at(before, path)
    return FieldChange(
        path=(selector,),
        kind="add" if kind == "add" else "delete" if kind == "delete" else "update",
        old=_at(live, path) if old is None else old,
        new=_at(after, path),
        replaces=bool(replaces),
    )


def _at(value: Value, path: Path) -> Value:
    """What stands at a path; a secret where the path leads into one, None where it leads nowhere."""
    for part in path:
        if isinstance(value, Secret) or value == _BLINDED:
            break
        if isinstance(value, Mapping):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _properties(state: Json, which: str) -> Properties:
    return {key: _value(item) for key, item in cast("Json", state.get(which) or {}).items()}


def _value(told: object) -> Value:
    """A property, its secrets and unknowns as our own; the CLI has blinded every secret before."""
    match told:
        case dict():
            fields = cast("dict[str, object]", told)
            return Secret(None) if SIGNATURE in fields else {key: _value(item) for key, item in fields.items()}
        case list():
            return [_value(item) for item in cast("list[object]", told)]
        case str() if told == UNKNOWN_TEXT:
            return UNKNOWN
        case _:
            return cast("Value", told)


def _violation(told: Json) -> Violation:
    message = str(told.get("message", "")).strip()
    return Violation(
        pack=str(told.get("policyPackName", "")),
        version=str(told.get("policyPackVersion", "")),
        policy=str(told.get("policyName", "")),
        urn=str(told.get("resourceUrn", "")),
        message=message,
        description=message.partition("\n")[0],
        severity=str(told.get("severity", "")),
        mandatory=told.get("enforcementLevel") == "mandatory",
    )


def _say(result: Result, told: Json) -> None:
    """Take a warning or an error. What the program printed stays in the job's log, where GitHub masks secrets."""
    severity = _SEVERITIES.get(str(told.get("severity")))
    if severity is not None:
        message = str(told.get("message", "")).strip().removeprefix(f"{severity}: ")
        result.diagnostics.append(Diagnostic(severity=severity, message=message, urn=str(told.get("urn", ""))))
