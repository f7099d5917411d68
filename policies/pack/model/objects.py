"""The Kubernetes objects in a resource: itself, the items of a list, what a Helm release renders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .kinds import CLUSTER_SCOPED, COMPONENTS
from .resource import Contents, Resource
from .selector import Selector
from .values import Field, Finding, Opaque, Value

if TYPE_CHECKING:
    from .pods import Pod

_PREFIX = "kubernetes:"


@dataclass(frozen=True, kw_only=True, eq=False)
class Object:
    """One Kubernetes object.

    Args:
        resource: the resource that declares it.
        root: all of it; its source names the object where the resource holds several.
        group, kind: its API group (`core` for v1) and kind, without `Patch`.
        version: its API version without the group.
        patch: whether it changes an object that is there already, so that what it leaves out stays as it is.
        release_namespace: where a Helm release puts it unless it says otherwise; empty outside releases.
    """

    resource: Resource
    root: Field
    group: str
    version: str
    kind: str
    patch: bool = False
    release_namespace: str = ""

    @cached_property
    def metadata(self) -> Field:
        """Its metadata."""
        return self.root.child("metadata")

    @cached_property
    def spec(self) -> Field:
        """Its spec."""
        return self.root.child("spec")

    @property
    def name(self) -> Field:
        """Its name; None where the server is to make one up."""
        return self.metadata.child("name")

    @property
    def namespace(self) -> Field:
        """Its namespace: its own, else the release's; None where it has none, or leaves it to the kubeconfig."""
        own = self.metadata.child("namespace")
        if own.value is None and self.release_namespace and self.kind not in CLUSTER_SCOPED:
            return Field(own.source, own.path, self.release_namespace)
        return own

    @cached_property
    def pods(self) -> tuple[Pod, ...]:
        """The pods that it describes, at any depth."""
        from .pods import pods_of  # noqa: PLC0415 pods are made of objects

        return pods_of(self)


def objects(*kinds: str) -> Selector[Object]:
    """What selects the objects of some kinds (all if none is named) in a resource."""

    def select(resource: Resource) -> Iterator[Object]:
        return (each for each in resource.contents.objects if not kinds or each.kind in kinds)

    return Selector(frozenset(kinds), select)


def own_objects(resource: Resource) -> Contents:
    """The objects that a Kubernetes resource declares by itself, the items of lists one by one."""
    if not resource.type.startswith(_PREFIX) or resource.type in COMPONENTS or ":helm.sh/" in resource.type:
        return Contents()
    api_version, _, kind = resource.type.removeprefix(_PREFIX).rpartition(":")
    return Collector(resource).collected(resource.root, api_version, kind)


@dataclass(frozen=True)
class Collector:
    """Finds the objects of one resource.

    Args:
        resource: the resource.
        release_namespace: see `Object`.
    """

    resource: Resource
    release_namespace: str = ""

    def collected(self, root: Field, api_version: str = "", kind: str = "") -> Contents:
        """The object at `root`, or the items of the list there.

        Args:
            root: where it stands.
            api_version: what its place says of its API version; empty where nothing does.
            kind: what its place says of its kind, likewise.
        """
        own_version, own_kind = _named(root, "apiVersion", api_version), _named(root, "kind", kind)
        if own_kind == "List" or (own_kind.endswith("List") and "items" in _keys(root)):
            return self._items(root.child("items"), own_version, own_kind.removesuffix("List"))
        if not isinstance(root.value, dict):
            return Contents(unreadable=(root.unreadable(),))
        patch = kind.endswith("Patch") and own_kind in {kind, kind.removesuffix("Patch")}
        group, _, version = own_version.rpartition("/")
        found = Object(
            resource=self.resource,
            root=root,
            group=group or "core",
            version=version,
            kind=own_kind.removesuffix("Patch") if patch else own_kind,
            patch=patch,
            release_namespace=self.release_namespace,
        )
        return Contents(objects=(found,), unreadable=tuple(_contradiction(root, kind, own_kind)))

    def _items(self, items: Field, api_version: str, kind: str) -> Contents:
        if not isinstance(items.value, list):
            return Contents(unreadable=() if items.value is None else (items.unreadable(),))
        found = [self.collected(item, api_version, kind) for item in items.children()]
        return Contents(
            objects=tuple(each for contents in found for each in contents.objects),
            unreadable=tuple(each for contents in found for each in contents.unreadable),
        )


def _contradiction(root: Field, typed: str, own: str) -> Iterator[Finding]:
    if typed and own and typed not in {own, f"{own}Patch"}:
        yield root.child("kind").finding(f"isn't {typed}, as its place says, so that none can tell what is meant")


def _named(root: Field, key: str, otherwise: str) -> str:
    own = root.child(key).value
    if own is Opaque.UNKNOWN:
        return ""  # no kind has that name, so it is looked through as if it could be any
    return own if isinstance(own, str) and own else otherwise


def _keys(root: Field) -> dict[str, Value]:
    return root.value if isinstance(root.value, dict) else {}
