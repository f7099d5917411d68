"""What a stack names and doesn't make itself: issuers, classes."""

from collections.abc import Sequence
from dataclasses import dataclass

from components import asking
from components.gate import Condition, Seen
from settings.problems import Problem, SettingsError, nearest


@dataclass(frozen=True, kw_only=True)
class Named:
    """An object that a setting names.

    Attributes:
        setting: the setting, below stratmaster.
        kind: for people.
        path: of the collection that it is in, below the API's root.
        name: the one that is named.
        without: how to get one, where there is none at all; empty passes then, for a cluster that is not set up yet.
    """

    setting: str
    kind: str
    path: str
    name: str
    without: str = ""


def all_are_there(context: str, wanted: Sequence[Named], after: Condition) -> Condition:
    """An Output that arrives if the cluster has what the settings name, and raises RunError if not.

    It guards against a slip in a name that nobody notices until something that waits for it runs out of time: a
    certificate without an issuer, a Gateway without its class, a volume without one.

    Args:
        context: the kubeconfig's context.
        wanted: what is named.
        after: a condition that has to hold first, so that its refusal is the one that is read.
    """

    def check(_: object) -> list[Seen]:
        if problems := [problem for each in wanted if (problem := _missing(context, each))]:
            raise SettingsError(problems)
        return []

    return after.apply(check)


def _missing(context: str, named: Named) -> Problem | None:
    there = asking.names(context, named.path)
    if there is None or named.name in there or not (there or named.without):
        return None
    return Problem(
        what=f"stratmaster:{named.setting} is {named.name}, but the cluster of context {context} has no {named.kind} "
        "of that name.",
        mend=nearest(named.name, there) if there else named.without,
    )
