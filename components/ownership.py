"""Whose a namespace is: this stack's, or that of somebody who was here first."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final, cast

import pulumi

from components import asking, conventions
from components.gate import Condition, Seen
from settings.problems import Problem, SettingsError

STACK: Final = "stratmaster.com/stack"
"""The annotation that names the stack that made a namespace."""


def this_stack() -> str:
    """Organisation, project and stack, as the CLI writes them."""
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"


def namespaces_are_ours(context: str, namespaces: Sequence[str], after: Condition | None = None) -> Condition:
    """An Output that arrives if no namespace is somebody else's, and raises RunError if one is.

    It guards against a second foundation, or a second developer's stack of the same name, on one cluster. The provider
    sees that an object exists only once it makes it: the preview is clean, and the update stops half-way.

    A namespace of ours from before there was an annotation passes, by our labels; one that was made by hand doesn't.

    Args:
        context: the kubeconfig's context.
        namespaces: those that the stack makes.
        after: a condition that has to hold first, so that its refusal is the one that is read.
    """

    def check(_: object) -> list[Seen]:
        problems = [problem for each in namespaces if (problem := _taken(context, each))]
        if problems:
            raise SettingsError(problems)
        return []

    return (after or pulumi.Output.from_input(list[Seen]())).apply(check)


def _taken(context: str, namespace: str) -> Problem | None:
    answer = asking.ask(context, f"/api/v1/namespaces/{namespace}")
    if answer is None or answer.status != HTTPStatus.OK:
        return None
    metadata = cast("Mapping[str, Mapping[str, Mapping[str, str]]]", answer.content)["metadata"]
    stack = metadata.get("annotations", {}).get(STACK)
    ours = conventions.labels("namespace").items() <= metadata.get("labels", {}).items()
    if stack == this_stack() or (stack is None and ours):
        return None
    maker = f"by stack {stack}" if stack else "by somebody else"
    return Problem(
        what=f"Namespace {namespace} of context {context} was made {maker}, not by {this_stack()}.",
        mend="Name another cluster in stratmaster:cluster.context, or delete it if nothing in it is used. After a "
        f"stack was renamed: `kubectl --context {context} annotate --overwrite ns {namespace} {STACK}={this_stack()}`.",
    )
