"""Whether a slot may take users: the one judgement that the program and the health check share.

Stack `traffic` looks a slot up through Pulumi, the health check through kubectl; what either found is judged here, so
that a slot that the health check calls well is one that traffic may move to. It imports nothing, since the program has
none of the operations' packages.
"""

from dataclasses import dataclass
from typing import Final

API: Final = "stratmaster-api"
"""The Deployment."""
CONTAINER: Final = "api"
"""Its container; tests compare these names with the program's."""
DECLARED: Final = "stratmaster-declared"
"""The ConfigMap in which the slot's stack says what is meant to run."""


def namespace(slot: str) -> str:
    """The slot's namespace."""
    return f"stratmaster-{slot}"


@dataclass(frozen=True, kw_only=True)
class RollOut:
    """How far a Deployment's roll-out is.

    Attributes:
        generation: of the Deployment as it was last written.
        observed: the generation that the Deployment controller has acted on.
        pods: all that there are, of the old template and of the new one.
        ready: pods that are ready, whichever template they are of.
        updated: pods that are of the latest template, ready or not.
    """

    generation: int
    observed: int
    pods: int
    ready: int
    updated: int

    @property
    def is_seen(self) -> bool:
        """Whether the other figures are of the Deployment as it stands."""
        return self.observed >= self.generation

    @property
    def new_and_ready(self) -> int:
        """Pods of the latest template that are ready for sure.

        Kubernetes counts both kinds apart and never together: any old pod may be one of those that are ready.
        """
        return max(min(self.ready, self.updated) - max(self.pods - self.updated, 0), 0)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the cluster says of a slot.

    Attributes:
        declared_image: the API's image that the slot is meant to run.
        declared_min: pods that have to be ready.
        shut_down: whether the slot is scaled to zero on purpose.
        image: the image of the Deployment's pods; empty for none.
        roll_out: of the Deployment.
    """

    declared_image: str
    declared_min: int
    shut_down: bool
    image: str
    roll_out: RollOut


def refusal(slot: str, found: Found) -> str | None:
    """Why a slot may take no users: what was found and how to mend it, on two lines. None if it may."""
    if found.shut_down:
        return (
            f"Slot {slot} is shut down, but stratmaster:weights.{slot} sends users to it.\n"
            f"Give stack {slot} stratmaster:shutdown false and bring it up, or give the slot weight 0."
        )
    if found.image != found.declared_image:
        return (
            f"Slot {slot} runs {found.image or 'no image'}, not {found.declared_image}, which it was meant to: its "
            f"last release failed and was rolled back, or one is under way.\n"
            f"Run `pulumi up --stack {slot}` until it succeeds, or give the slot weight 0."
        )
    if not found.roll_out.is_seen:
        return (
            f"Slot {slot} has just been changed: its Deployment is at generation {found.roll_out.generation}, "
            f"acted on {found.roll_out.observed}.\nWait for the roll-out and try again, or give the slot weight 0."
        )
    if (ready := found.roll_out.new_and_ready) < found.declared_min:
        return (
            f"Slot {slot} has {ready} ready pods of the declared build, below its minimum of {found.declared_min}.\n"
            f"Look at `kubectl get pods -n {namespace(slot)}`, or give the slot weight 0."
        )
    return None
