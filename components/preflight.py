"""Whether the cluster has the controllers that a stack's objects are for, seen before any of them is made."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias, cast

import pulumi

from components import asking
from components.gate import Condition, Seen
from settings.problems import Problem, SettingsError

_DISCOVERY: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""All groups, versions and resources in one answer (Kubernetes 1.30); every user who is authenticated may ask."""

Release: TypeAlias = tuple[int, int]
"""A version's first two numbers."""


@dataclass(frozen=True, kw_only=True)
class Api:
    """A kind of object as the API server serves it."""

    version: str
    """With its group: `cert-manager.io/v1`."""
    resource: str
    """In the plural: `certificates`."""


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The oldest release of a controller that does what is asked of it.

    Attributes:
        oldest: the release.
        why: what an older one can't do.
        image: the last part of the image's name, by whose tag the release is known.
        selectors: labels of its Deployment, as its chart and its plain manifests have them.
    """

    oldest: Release
    why: str
    image: str
    selectors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Need:
    """A controller as those who need it see it.

    Attributes:
        title: its name for people.
        setting: the key that installs it, below stratmaster:controllers; empty for one that the program can't install.
        serves: the kinds that are declared for it.
        floor: the oldest release that will do, where the kinds it serves don't tell.
        without: what is the matter without it; empty for one that nothing works without.
    """

    title: str
    setting: str
    serves: tuple[Api, ...]
    floor: Floor | None = None
    without: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a cluster says of its controllers.

    Attributes:
        served: every kind that it serves.
        images: selector -> images of the Deployments that it finds.
    """

    served: frozenset[Api]
    images: Mapping[str, tuple[str, ...]]


def missing(needs: Iterable[Need], found: Found, context: str) -> list[Problem]:
    """What is not there or too old: two lines each, the controller's name and how to mend it."""
    problems: list[Problem] = []
    for need in needs:
        absent = [api for api in need.serves if api not in found.served]
        if absent:
            first = absent[0]
            problems.append(
                Problem(
                    what=f"{need.title} is missing: the cluster of context {context} serves no {first.resource} of "
                    f"{first.version}.",
                    mend=_mend(need),
                )
            )
        elif need.floor is not None and (old := _too_old(need.floor, found)):
            least = ".".join(map(str, need.floor.oldest))
            problems.append(
                Problem(
                    what=f"{need.title} is too old: the cluster of context {context} runs {old}, below {least}, which "
                    f"{need.floor.why}.",
                    mend=f"Upgrade it to {least} or newer (docs/controllers.md).",
                )
            )
    return problems


def controllers_are_there(context: str, needs: Sequence[Need], after: Condition | None = None) -> Condition:
    """An Output that arrives if the cluster has what the stack needs, and raises RunError if not.

    What it only works better with is told of instead.

    It guards against an update that stops half-way at the first object whose kind nobody serves, with a provider's
    error that names neither the controller nor a way on. Pulumi's own look-ups can't ask this: one for what isn't there
    ends the run in just such an error. So the API server is asked itself, by the context that the provider uses
    (`components/asking.py` says what happens where it can't be).

    Args:
        context: the kubeconfig's context.
        needs: the controllers; none asks nothing.
        after: a condition that has to hold first, so that its refusal is the one that is read.
    """

    def check(_: object) -> list[Seen]:
        found = look(context, needs) if needs else None
        if found is None:
            return []
        if problems := missing([need for need in needs if not need.without], found, context):
            raise SettingsError(problems)
        for need in needs:
            if need.without and missing([need], found, context):
                pulumi.info(f"{need.title} is missing: {need.without}")
        return []

    return (after or pulumi.Output.from_input(list[Seen]())).apply(check)


def look(context: str, needs: Iterable[Need]) -> Found | None:
    """What a cluster says of itself, None if it can't be asked.

    Raises:
        SettingsError: the kubeconfig has contexts, but not this one; or nobody answers there.
    """
    discovered = asking.ask(context, "/apis", _DISCOVERY)
    if discovered is None or discovered.status != HTTPStatus.OK:
        return None
    selectors = {selector for need in needs if need.floor for selector in need.floor.selectors}
    images = {each: _images(context, each) for each in sorted(selectors)}
    return Found(served=_served(discovered.content), images=images)


def _served(answer: object) -> frozenset[Api]:
    """The kinds in an answer of the discovery; a version whose server is down (`Stale`) is none."""
    groups = cast("Mapping[str, list[Mapping[str, object]]]", answer).get("items", [])
    found: set[Api] = set()
    for group in groups:
        name = cast("Mapping[str, str]", group["metadata"])["name"]
        for version in cast("list[Mapping[str, object]]", group.get("versions", [])):
            if version.get("freshness") == "Stale":
                continue
            resources = cast("list[Mapping[str, str]]", version.get("resources", []))
            found |= {Api(version=f"{name}/{version['version']}", resource=each["resource"]) for each in resources}
    return frozenset(found)


def _images(context: str, selector: str) -> tuple[str, ...]:
    """The images of the Deployments with some labels; none for who may not look."""
    answer = asking.ask(context, "/apis/apps/v1/deployments", labelSelector=selector)
    if answer is None or answer.status != HTTPStatus.OK:
        return ()
    return tuple(re.findall(r'"image": ?"([^"]+)"', json.dumps(answer.content)))


def _too_old(floor: Floor, found: Found) -> str | None:
    """The image of a controller that is older than it may be; one whose tag is no version is taken for new enough."""
    pattern = re.compile(rf"(?:.*/)?{re.escape(floor.image)}:v?(\d+)\.(\d+)")
    for selector in floor.selectors:
        for image in found.images.get(selector, ()):
            match = pattern.match(image)
            if match and (int(match[1]), int(match[2])) < floor.oldest:
                return image
    return None


def _mend(need: Need) -> str:
    if not need.setting:
        return "Install it (docs/controllers.md says how)."
    return (
        f"Set stratmaster:controllers.{need.setting} to install in the foundation and bring that up, or install it "
        "yourself (docs/controllers.md)."
    )
