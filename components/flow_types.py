"""What a row of the table of flows is made of. The table itself is `components/flows.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from components import conventions


@dataclass(frozen=True, kw_only=True)
class Pods:
    """Pods of one namespace.

    Attributes:
        namespace: the namespace's name.
        labels: labels that the pods carry; none means every pod there.
    """

    namespace: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Addresses outside the pod network, as CIDR ranges. `settings/network.py` refuses the dangerous ones."""

    cidrs: tuple[str, ...]


Peer = Pods | Ranges


@dataclass(frozen=True, kw_only=True)
class Port:
    """A port of the destination: the container's own, since policies judge packets as they reach the pod."""

    number: int
    protocol: Literal["TCP", "UDP"] = "TCP"


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One row: every source may connect to every destination on every port.

    Attributes:
        name: what the flow is, in lower case with dashes; part of the policies' names.
        sources: who connects. At most one entry for each of our namespaces.
        destinations: who is connected to. At most one entry for each of our namespaces.
        ports: the destination's ports.
        reason: why it exists, with the fact that shows it.
    """

    name: str
    sources: tuple[Peer, ...]
    destinations: tuple[Peer, ...]
    ports: tuple[Port, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Which of our namespaces exist.

    Attributes:
        slots: the slots' namespaces.
        foundation: the namespace of the database, the cache and the maintenance page; None for a slot on its own.
    """

    slots: tuple[str, ...]
    foundation: str | None

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Every namespace whose policies are ours."""
        return (*self.slots, self.foundation) if self.foundation else self.slots


PRODUCTION: Final = Topology(
    slots=tuple(conventions.slot_namespace(slot) for slot in conventions.SLOTS),
    foundation=conventions.PRODUCTION_NAMESPACE,
)


def alone(slot: str) -> Topology:
    """The topology of a slot without a foundation, for example `dev`."""
    return Topology(slots=(conventions.slot_namespace(slot),), foundation=None)
