"""What an engine run tells whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from rehearsal.engine import urn as urns
from rehearsal.engine.analyzed import Violation
from rehearsal.engine.diff import FieldChange

Op: TypeAlias = Literal["create", "update", "replace", "delete", "same", "read", "discard"]
Severity: TypeAlias = Literal["info", "warning", "error"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done, or to be done, to one resource."""

    op: Op
    urn: str
    parent: str = ""
    fields: tuple[FieldChange, ...] = ()

    @property
    def type(self) -> str:
        """The resource's type token."""
        return urns.type_token(self.urn)

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return urns.name(self.urn)


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """A message about a resource (or, without a URN, the stack)."""

    severity: Severity
    message: str
    urn: str = ""


@dataclass(kw_only=True)
class Result:
    """What a run did, or would do.

    Args:
        preview: whether it was one.
        steps: in the order they were decided.
        diagnostics: what was said, errors included.
        violations: the policies broken.
        outputs: the stack's outputs for people and machines: secrets replaced by `[secret]`.
        settled: of a preview, whether an update would leave even the state as it is (options like `protect`
            and the outputs live there alone).
        seconds: how long it took.
    """

    stack: str
    preview: bool
    steps: list[Step] = field(default_factory=list[Step])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])
    violations: list[Violation] = field(default_factory=list[Violation])
    outputs: dict[str, object] = field(default_factory=dict[str, object])
    settled: bool = False
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether anything went wrong or a mandatory policy is broken."""
        return any(each.severity == "error" for each in self.diagnostics) or any(
            each.mandatory for each in self.violations
        )

    @property
    def changes(self) -> list[Step]:
        """The steps that change something."""
        return [step for step in self.steps if step.op not in ("same", "read", "discard")]


class Listener(Protocol):
    """Is told as it happens; may be called from many threads at once."""

    def started(self, step: Step) -> None:
        """`step` begins."""
        ...

    def progress(self, step: Step, line: str) -> None:
        """`step` is under way."""
        ...

    def finished(self, step: Step, error: str) -> None:
        """`step` ended; `error` is empty if well."""
        ...

    def said(self, diagnostic: Diagnostic) -> None:
        """A message."""
        ...


class Silent:
    """A listener that says nothing."""

    def started(self, step: Step) -> None:
        """See `Listener`."""

    def progress(self, step: Step, line: str) -> None:
        """See `Listener`."""

    def finished(self, step: Step, error: str) -> None:
        """See `Listener`."""

    def said(self, diagnostic: Diagnostic) -> None:
        """See `Listener`."""
