"""A resource as the state holds it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rehearsal.engine import urn as urns
from rehearsal.engine.wire import Properties


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long each operation may take, in seconds; None is the provider's own default."""

    create: float | None = None
    update: float | None = None
    delete: float | None = None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One entry of a stack's state, with the fields of Pulumi's deployment format that we use.

    `delete` marks the old half of a replacement that is not deleted yet; `external` one that was read, not
    made; `init_errors` say why a resource that exists is not what was asked for: the next update tries it
    again, even with the same inputs.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=Properties)
    outputs: Properties = field(default_factory=Properties)
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    provider: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    external: bool = False
    delete: bool = False
    init_errors: tuple[str, ...] = ()
    timeouts: Timeouts = Timeouts()
    additional_secret_outputs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The logical name."""
        return urns.name(self.urn)

    @property
    def provider_urn(self) -> str:
        """The URN of its provider; a reference is `<urn>::<id>`."""
        return self.provider.rsplit("::", 1)[0]

    def needs(self) -> set[str]:
        """The URNs that have to outlive this resource."""
        needed = {self.parent, self.provider_urn, *self.dependencies}
        needed.update(urn for group in self.property_dependencies.values() for urn in group)
        return needed - {""}

    def with_urn(self, urn: str) -> Resource:
        """This resource under another URN."""
        return replace(self, urn=urn)

    def with_errors(self, *errors: str) -> Resource:
        """This resource with other `init_errors`."""
        return replace(self, init_errors=errors)
