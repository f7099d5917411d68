"""What a person sees: a tree of the changes with the fields that change, progress, one summary line a stack."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, Self

from rehearsal.engine import urn as urns
from rehearsal.engine.diff import FieldChange
from rehearsal.engine.events import Diagnostic, Op, Result, Step
from rehearsal.engine.wire import Value, plain

SLOW_SECONDS: Final = 2.0
"""What takes longer says so, and how long it has taken."""

_AGAIN_SECONDS: Final = 5.0
_WIDTH: Final = 72  # of a value in a changed field
_MARKS: Final[Mapping[Op, str]] = {
    "create": "+",
    "update": "~",
    "replace": "±",
    "delete": "-",
    "read": ">",
    "discard": "<",
    "same": " ",
}
_COLOURS: Final[Mapping[Op, str]] = {"create": "32", "update": "33", "replace": "35", "delete": "31"}
_DONE: Final[Mapping[Op, str]] = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "same": "unchanged",
}
_PLANNED: Final[Mapping[Op, str]] = {
    "create": "to create",
    "update": "to update",
    "replace": "to replace",
    "delete": "to delete",
    "same": "unchanged",
}


@dataclass(kw_only=True)
class Screen:
    """Prints what happens to one stream; a `Listener`.

    Args:
        stream: where to.
        quiet: print only errors and summaries.
        updating: whether steps are carried out, and so worth a line each.
    """

    stream: IO[str] = field(default_factory=lambda: sys.stdout)
    quiet: bool = False
    updating: bool = False
    _running: dict[str, tuple[Step, float, str]] = field(default_factory=dict[str, tuple[Step, float, str]])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: threading.Event = field(default_factory=threading.Event)

    def line(self, text: str) -> None:
        """Print one line."""
        with self._lock:
            print(text, file=self.stream, flush=True)

    def paint(self, text: str, op: Op) -> str:
        """`text` in the colour of `op`, on a terminal that has colours."""
        if op not in _COLOURS or not self.stream.isatty() or os.environ.get("NO_COLOR"):
            return text
        return f"\033[{_COLOURS[op]}m{text}\033[0m"

    def __enter__(self) -> Self:
        self._done.clear()
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _watch(self) -> None:
        """One line now and then about what takes long: the longest by name, the others by number."""
        begun, told = time.monotonic(), 0.0
        while not self._done.wait(0.25):
            now = time.monotonic()
            if self.quiet or now - begun < SLOW_SECONDS or now - told < _AGAIN_SECONDS:
                continue
            running = sorted(self._running.values(), key=lambda each: each[1])
            slow = [each for each in running if now - each[1] > SLOW_SECONDS]
            if slow:
                step, started, line = slow[0]
                about = f": {line}" if line else ""
                more = f" (and {len(slow) - 1} more)" if len(slow) > 1 else ""
                self.line(f"  … {_kind(step.type)} {step.name}, {now - started:.0f} s{about}{more}")
                told = now
            elif not self.updating:
                self.line(f"  … previewing, {now - begun:.0f} s")
                told = now

    def started(self, step: Step) -> None:
        """See `Listener`."""
        if self.updating and not self.quiet:
            self._running[step.urn] = (step, time.monotonic(), "")

    def progress(self, step: Step, line: str) -> None:
        """See `Listener`."""
        if step.urn in self._running:
            self._running[step.urn] = (step, self._running[step.urn][1], line)

    def finished(self, step: Step, error: str) -> None:
        """See `Listener`."""
        entry = self._running.pop(step.urn, None)
        if entry is None or step.op in ("same", "read", "discard") or step.type == urns.STACK_TYPE:
            return
        took = f" ({time.monotonic() - entry[1]:.1f} s)" if time.monotonic() - entry[1] > SLOW_SECONDS else ""
        mark = self.paint("!" if error else _MARKS[step.op], step.op)
        self.line(f"  {mark} {_kind(step.type)} {step.name}{took}")

    def said(self, diagnostic: Diagnostic) -> None:
        """See `Listener`: messages are shown together at the end, warnings at once."""
        if diagnostic.severity != "error" and not self.quiet:
            self.line(f"  {diagnostic.severity}: {diagnostic.message}")

    def tree(self, result: Result) -> None:
        """Print the changes of a preview under the components they belong to."""
        if self.quiet:
            return
        parents = {step.urn: step for step in result.steps}
        wanted: set[str] = set()
        for step in result.changes:
            urn = step.urn
            while urn and urn not in wanted:
                wanted.add(urn)
                urn = parents[urn].parent if urn in parents else ""
        children: dict[str, list[Step]] = {}
        for step in result.steps:
            if step.urn in wanted:
                children.setdefault(step.parent if step.parent in parents else "", []).append(step)
        self._branch(children, "", 1)

    def _branch(self, children: Mapping[str, Sequence[Step]], parent: str, depth: int) -> None:
        for step in sorted(children.get(parent, ()), key=lambda each: (each.type, each.name)):
            deeper = depth
            if step.type != urns.STACK_TYPE:
                line = f"{'  ' * depth}{_MARKS[step.op]} {_kind(step.type)} {step.name}"
                self.line(self.paint(line, step.op))
                for change in step.fields:
                    self.line(f"{'  ' * (depth + 2)}{describe(change)}")
                deeper += 1
            self._branch(children, step.urn, deeper)

    def summary(self, result: Result) -> None:
        """Print the one line that says what happened, after any errors and violations."""
        for violation in result.violations:
            level = "policy" if violation.mandatory else "advice"
            where = urns.name(violation.urn) if violation.urn else result.stack
            self.line(f"  {level} {violation.pack}/{violation.policy}, {where}:")
            self.line(_indent(violation.message))
        for diagnostic in result.diagnostics:
            if diagnostic.severity == "error":
                urn = diagnostic.urn
                about = f"{_kind(urns.type_token(urn))} {urns.name(urn)}: " if urn else ""
                self.line(f"  error: {about}{_indent(diagnostic.message).lstrip()}")
        self.line(f"{result.stack}: {sentence(result)}")


def sentence(result: Result) -> str:
    """The summary of a run: `3 created, 1 updated, 20 unchanged in 4.1 s`."""
    words = _PLANNED if result.preview else _DONE
    unwell = {each.urn for each in result.diagnostics if each.severity == "error"}
    done = [step for step in result.steps if step.urn not in unwell and step.type != urns.STACK_TYPE]
    counts = Counter(step.op for step in done if step.op in words)
    parts = [f"{counts[op]} {word}" for op, word in words.items() if counts[op]] or ["nothing there"]
    if result.failed:
        blocked = any(each.mandatory for each in result.violations)
        parts.insert(0, "blocked by policy" if blocked else "failed")
    elif not result.changes:
        parts.insert(0, "no changes")
    return f"{', '.join(parts)} in {result.seconds:.1f} s"


def describe(change: FieldChange) -> str:
    """One changed field: `spec.replicas: 3 → 5`."""
    forces = " (forces replacement)" if change.replaces else ""
    match change.kind:
        case "add":
            return f"+ {change.label}: {shown(change.new)}{forces}"
        case "delete":
            return f"- {change.label}: {shown(change.old)}{forces}"
        case _:
            return f"{change.label}: {shown(change.old)} → {shown(change.new)}{forces}"


def shown(value: Value) -> str:
    """A value on one line; secrets and unknowns by their marks."""
    bare = plain(value)
    text = bare if isinstance(bare, str) else repr(bare)
    text = text.replace("\n", "⏎")
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


def _kind(type_: str) -> str:
    return type_.rsplit(":", 1)[-1]


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
