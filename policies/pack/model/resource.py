"""A resource as the engine declares it, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from .values import Field, Finding, Source, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from .objects import Object
    from .pods import Container, Pod


@dataclass(frozen=True, kw_only=True)
class Context:
    """What stack is judged.

    Args:
        stack: its name; empty for manifests that belong to none.
        environment: what its config calls its environment; whatever doesn't say counts as production.
        role: foundation, slot or traffic; empty where the config doesn't say.
        traffic: the stack that sends users to the slots.
        protect_data: whether what holds data has to be protected; a foundation that is being taken down says no.
    """

    stack: str = ""
    environment: str = "production"
    role: str = ""
    traffic: str = "traffic"
    protect_data: bool = True

    @classmethod
    def of_config(cls, stack: str, get: Callable[[str], str | None]) -> Context:
        """What a stack's config says of it.

        Args:
            stack: the stack's name.
            get: one of its settings, by its key without the namespace.
        """
        return cls(
            stack=stack,
            environment=get("environment") or "production",
            role=get("role") or "",
            traffic=get("traffic") or "traffic",
            protect_data=get("protectData") != "false",
        )

    @property
    def development(self) -> bool:
        """Whether rules that only production needs may be left aside."""
        return self.environment == "development"


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The provider of a resource: its logical name and its settings."""

    name: str
    properties: dict[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True, kw_only=True)
class Options:
    """The resource options that rules ask about."""

    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, kw_only=True)
class Contents:
    """The Kubernetes objects in a resource, and what kept it from being looked into."""

    objects: tuple[Object, ...] = ()
    unreadable: tuple[Finding, ...] = ()

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The pods that the objects describe."""
        return tuple(pod for each in self.objects for pod in each.pods)

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers of those pods."""
        return tuple(container for pod in self.pods for container in pod.containers)


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """One resource.

    Args:
        urn: its URN; for a manifest, its file and place.
        type: its Pulumi type.
        name: its logical name.
        properties: its inputs; for a look-up (`.get`, a StackReference) what was read.
        secrets: the paths of the values that are Pulumi secrets, in the form of `Field.path`.
        options: its options; dependencies are known to stack rules only.
        provider: its provider; None for components, for providers and for manifests.
        engine: whether an engine declares it: a manifest of a file has no provider, and needs none.
        context: the stack it is part of.
        look_into: what finds the Kubernetes objects in it.
    """

    urn: str
    type: str
    name: str = ""
    properties: dict[str, Value]
    secrets: frozenset[str] = frozenset()
    options: Options = Options()
    provider: Provider | None = None
    engine: bool = True
    context: Context = Context()
    look_into: Callable[[Resource], Contents] = lambda _: Contents()

    @cached_property
    def root(self) -> Field:
        """All properties as one field."""
        return Field(Source(urn=self.urn, type=self.type), "", self.properties)

    @cached_property
    def contents(self) -> Contents:
        """The objects in it; found once, since a Helm release has to be rendered for it."""
        return self.look_into(self)

    def option(self, name: str, value: Value) -> Field:
        """An option as a field, so that a finding can name it."""
        return Field(self.root.source, f"options.{name}", value)

    def is_secret(self, place: Field) -> bool:
        """Whether a field of this resource is a Pulumi secret, by itself or with all around it."""
        return any(
            place.path == path or place.path.startswith((f"{path}.", f"{path}[")) or not path for path in self.secrets
        )
