"""What the engine asks of whatever carries out a package's resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from rehearsal.engine.diff import FieldChange
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties

Say: TypeAlias = Callable[[str], None]
"""Takes a line about how a long operation gets on."""


class ProviderError(Exception):
    """The operation did not take place; the text says why, in the provider's or the API's words."""


class PartialError(ProviderError):
    """The operation took place, but the resource is not (yet) what was asked for.

    Args:
        reasons: why, one a line; they become the resource's `init_errors`.
        id: the resource's id.
        outputs: what there is of it.
    """

    def __init__(self, reasons: tuple[str, ...], *, id: str, outputs: Properties) -> None:  # noqa: A002 the protocol's word
        super().__init__("\n".join(reasons))
        self.reasons = reasons
        self.id = id
        self.outputs = outputs


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an update has to do: nothing (no `fields`), an update in place, or a replacement.

    Args:
        fields: what differs; one that `replaces` makes the whole a replacement.
        delete_first: whether the old one has to go before the new one can be (they share a name).
    """

    fields: tuple[FieldChange, ...] = ()
    delete_first: bool = False

    @property
    def replaces(self) -> bool:
        """Whether it is a replacement."""
        return any(field.replaces for field in self.fields)


@dataclass(frozen=True, kw_only=True)
class Target:
    """The resource an operation is about, and how it may be carried out.

    Args:
        urn, type: which resource.
        inputs: its checked inputs.
        preview: whether nothing may be written.
        timeout: seconds the operation may take; None is the provider's own default.
        say: where progress goes.
    """

    urn: str
    type: str
    inputs: Properties
    preview: bool
    timeout: float | None = None
    say: Say = lambda _line: None


@dataclass(frozen=True, kw_only=True)
class Made:
    """What an operation gave: the id (empty while unknown) and the outputs."""

    id: str
    outputs: Properties


class Provider(Protocol):
    """Carries out the resources of one package. All methods may be called from many threads at once."""

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """The inputs with defaults filled in; a generated name is the one in `old`, the inputs of before, if any.

        Raises:
            RehearsalError: the type or an argument is not one this provider carries out.
            ProviderError: an input is wrong.
        """
        ...

    def diff(self, old: Resource, target: Target) -> Change:
        """What differs between `old` and what `target` asks for."""
        ...

    def create(self, target: Target) -> Made:
        """Make it, and wait until it is ready."""
        ...

    def update(self, old: Resource, target: Target) -> Made:
        """Change it in place, and wait until it is ready."""
        ...

    def delete(self, old: Resource, target: Target) -> None:
        """Delete it, and wait until it is gone; that it is gone already is no error."""
        ...

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """What there is under `id_`, None if nothing."""
        ...

    def id_of(self, target: Target) -> str:
        """The id that `create` will give, empty where only `create` knows: how an interrupted one is found again."""
        ...
