"""Provider resources themselves: `pulumi:providers:*` entries, which live in the state alone."""

from __future__ import annotations

import uuid

from rehearsal.engine.diff import differences
from rehearsal.engine.providers.base import Change, Made, Target
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties


class Configured:
    """Carries out provider resources: any change of their arguments is an update."""

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`."""
        del type_, urn, old
        return inputs

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`."""
        return Change(fields=tuple(differences(old.inputs, target.inputs)))

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`."""
        del target
        return ""

    def create(self, target: Target) -> Made:
        """See `Provider.create`. Its id is known in a preview too, as resources refer to their provider by it."""
        return Made(id=str(uuid.uuid4()), outputs=target.inputs)

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`."""
        return Made(id=old.id, outputs=target.inputs)

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`: there is nothing but the entry."""

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`."""
        del type_, id_, properties
        return None
