"""Whether the cluster has the controllers that a stack's objects are for, seen before any of them is made."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol, TypeAlias, cast

import pulumi
from kubernetes import config
from kubernetes.client import ApiException, Configuration
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError
from yaml import YAMLError

from components.gate import Condition, Seen
from settings.problems import Problem, SettingsError, nearest

SECONDS: Final = 10.0
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
    ends the run in just such an error. So the API server is asked itself, by the context that the provider uses.

    A cluster that can't be asked passes: the provider says better why, and there is none when a program is only
    recorded. A context that isn't in the kubeconfig doesn't pass: the provider takes it for a cluster that is gone, and
    advises to forget all that was on it.

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


class _Config(Protocol):
    """What is used of the client's module for kubeconfigs, which has no types of its own."""

    def list_kube_config_contexts(self, config_file: str) -> tuple[list[dict[str, object]], object]: ...

    def new_client_from_config(
        self, config_file: str, *, context: str, persist_config: bool, client_configuration: Configuration
    ) -> "_Client": ...


class _Client(Protocol):
    """What is used of the client itself."""

    def param_serialize(
        self,
        method: str,
        resource_path: str,
        *,
        query_params: list[tuple[str, str]],
        header_params: dict[str, str],
        auth_settings: list[str],
    ) -> tuple[object, ...]: ...

    def call_api(self, *request: object, _request_timeout: float) -> "_Answer": ...


class _Answer(Protocol):
    status: int
    reason: str

    def read(self) -> bytes: ...


def look(context: str, needs: Iterable[Need]) -> Found | None:
    """What a cluster says of itself, None if it can't be asked.

    Raises:
        SettingsError: the kubeconfig has contexts, but not this one.
    """
    # The client would read $KUBECONFIG when it is imported, which may have been for another run.
    place = os.environ.get("KUBECONFIG") or "~/.kube/config"
    _refuse_unknown(context, place)
    try:
        client = cast("_Config", config).new_client_from_config(
            place, context=context, persist_config=False, client_configuration=Configuration(retries=0)
        )
        served = _served(_get(client, "/apis", _DISCOVERY))
        selectors = {selector for need in needs if need.floor for selector in need.floor.selectors}
        return Found(served=served, images={each: _images(client, each) for each in sorted(selectors)})
    except (ConfigException, ApiException, HTTPError, OSError, ValueError, YAMLError):
        return None


def _refuse_unknown(context: str, place: str) -> None:
    try:
        known = [str(each["name"]) for each in cast("_Config", config).list_kube_config_contexts(place)[0]]
    except (ConfigException, OSError, YAMLError):
        return
    if context not in known:
        what = f"stratmaster:cluster.context is {context}, which the kubeconfig doesn't have."
        raise SettingsError([Problem(what=what, mend=nearest(context, known))])


def _get(client: _Client, path: str, accept: str, **query: str) -> object:
    request = client.param_serialize(
        "GET",
        path,
        query_params=list(query.items()),
        header_params={"Accept": accept},
        auth_settings=["BearerToken"],
    )
    answer = client.call_api(*request, _request_timeout=SECONDS)
    content: object = json.loads(answer.read())
    if answer.status != HTTPStatus.OK:
        raise ApiException(answer.status, answer.reason)
    return content


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


def _images(client: _Client, selector: str) -> tuple[str, ...]:
    """The images of the Deployments with some labels; none for who may not look."""
    try:
        answer = _get(client, "/apis/apps/v1/deployments", "application/json", labelSelector=selector)
    except ApiException:
        return ()
    return tuple(re.findall(r'"image": ?"([^"]+)"', json.dumps(answer)))


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
