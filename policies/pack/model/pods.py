"""The pods in an object, at any depth, and their containers with what they inherit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias, cast

from .kinds import POD_SPECS, known_without_pods
from .objects import Object
from .selector import PODS, Selector
from .values import Field, Finding, Opaque, Value

ContainerList: TypeAlias = Literal["containers", "initContainers", "ephemeralContainers"]

CONTAINER_LISTS: Final[tuple[ContainerList, ...]] = ("containers", "initContainers", "ephemeralContainers")
_TELLING: Final = (*CONTAINER_LISTS, "hostPID", "hostIPC", "hostNetwork")
"""A mapping with one of these keys is taken for a pod's spec, wherever it stands."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pod:
    """One pod, or the template of some.

    Args:
        object: the object that describes it.
        spec: its spec.
        metadata: its own metadata: the template's, where there is one.
    """

    object: Object
    spec: Field
    metadata: Field

    @property
    def partial(self) -> bool:
        """Whether what it leaves out stays as it is in the cluster, rather than taking the default."""
        return self.object.patch

    @property
    def windows(self) -> bool:
        """Whether its nodes run Windows, where the Linux-only fields have no meaning; not if that isn't known."""
        return self.spec.at("os", "name").value == "windows"

    @property
    def user_namespace(self) -> bool:
        """Whether root in it is nobody on the node (`hostUsers: false`); not if that isn't known."""
        return self.spec.child("hostUsers").value is False

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers of all three lists that can be read; what can't be is in `unreadable`."""
        return tuple(
            Container(pod=self, field=item, list=key)
            for key in CONTAINER_LISTS
            for item in self.spec.child(key).children()
            if isinstance(item.value, dict)
        )

    @cached_property
    def unreadable(self) -> tuple[Finding, ...]:
        """Where the spec, a container or what decides how they are judged may be, but can't be read."""
        if not isinstance(self.spec.value, dict):
            return () if self.spec.value is None and self.partial else (self.spec.unreadable(),)
        system, users, restart = (
            self.spec.at("os", "name"),
            self.spec.child("hostUsers"),
            self.spec.child("restartPolicy"),
        )
        found = [each.unreadable() for each in (system, restart) if not isinstance(each.value, str | None)]
        if not isinstance(users.value, bool | None):
            found.append(users.unreadable())
        for key in CONTAINER_LISTS:
            place = self.spec.child(key)
            if isinstance(place.value, list):
                found += [item.unreadable() for item in place.children() if not isinstance(item.value, dict)]
            elif place.value is not None:
                found.append(place.unreadable())
        return tuple(found)

    @cached_property
    def volumes(self) -> tuple[Field, ...]:
        """Its volumes; one field that can't be judged where they aren't a list."""
        place = self.spec.child("volumes")
        if isinstance(place.value, list):
            return tuple(place.children())
        return () if place.value is None else (Field(place.source, place.path, _opaque(place.value)),)

    def security(self, *keys: str) -> Field:
        """A field of the pod's own security context."""
        return self._security.at(*keys)

    @cached_property
    def _security(self) -> Field:
        return self.spec.child("securityContext")


@dataclass(frozen=True, kw_only=True, eq=False)
class Container:
    """One container of a pod."""

    pod: Pod
    field: Field
    list: ContainerList

    @property
    def partial(self) -> bool:
        """Whether what it leaves out stays as it is in the cluster.

        Only a Patch that names no image: with one, it may be the container that the Patch adds.
        """
        return self.pod.partial and self.child("image").value is None

    def child(self, key: str) -> Field:
        """A field of the container."""
        return self.field.child(key)

    def security(self, *keys: str) -> Field:
        """A field of the container's own security context."""
        return self._security.at(*keys)

    @cached_property
    def _security(self) -> Field:
        return self.field.child("securityContext")

    def effective(self, key: str) -> Field:
        """What holds for the container: its own setting, the pod's where it has none.

        For what Kubernetes inherits: runAsNonRoot, runAsUser, runAsGroup, seccompProfile, seLinuxOptions,
        windowsOptions, appArmorProfile.
        """
        own = self.security(key)
        inherited = self.pod.security(key)
        return own if own.value is not None or inherited.value is None else inherited


pods: Final[Selector[Pod]] = Selector(frozenset({PODS}), lambda resource: resource.contents.pods)
"""All pods in a resource."""

containers: Final[Selector[Container]] = Selector(pods.about, lambda resource: resource.contents.containers)
"""All containers in a resource."""

pods_and_containers: Final[Selector[Pod | Container]] = pods.inside(lambda pod: (pod, *pod.containers))
"""All pods in a resource and their containers, for what either may set in its security context."""


def pods_of(owner: Object) -> tuple[Pod, ...]:
    """The pods of an object: where its kind keeps them, else wherever something looks like one."""
    path = POD_SPECS.get(owner.kind)
    if path is not None:
        spec = owner.root.at(*path)
        return (Pod(object=owner, spec=spec, metadata=owner.root.at(*path[:-1], "metadata")),)
    if owner.kind and known_without_pods(owner.group, owner.kind):
        return ()
    return tuple(_search(owner))


def _search(owner: Object) -> Iterator[Pod]:
    pending = [(owner.root, owner.root)]
    while pending:
        parent, place = pending.pop()
        if isinstance(place.value, dict) and any(place.value.get(key) is not None for key in _TELLING):
            yield Pod(object=owner, spec=place, metadata=parent.child("metadata"))
        # Labels and annotations hold no pods, and neither does what the cluster reports.
        skipped = {"metadata", "status"} if place.path == owner.root.path else {"metadata"}
        pending += reversed([(place, child) for child in place.children() if child.key not in skipped])


def hidden(owner: Object) -> Iterator[Finding]:
    """The places in an object of a kind nobody knows where an unknown value may hide a pod."""
    if owner.kind in POD_SPECS or (owner.kind and known_without_pods(owner.group, owner.kind)):
        return
    pending = [owner.root]
    while pending:
        place = pending.pop()
        if place.value is Opaque.UNKNOWN:
            yield place.unreadable()
        pending += [child for child in place.children() if child.key not in {"metadata", "status"}]


def _opaque(value: Value) -> Opaque:
    return value if isinstance(value, Opaque) else Opaque.MALFORMED


def selected_labels(pod: Pod) -> dict[str, str] | None:
    """The pod's labels; None where they can't be judged."""
    labels = pod.metadata.child("labels").value
    if labels is None:
        return {}
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return None
    return cast("dict[str, str]", labels)
