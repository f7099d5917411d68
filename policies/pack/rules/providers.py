"""Which cluster a stack may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.kinds import COMPONENTS
from ..model.record import Rule
from ..model.resource import Resource
from ..model.values import Field, Finding, must

_PROVIDER: Final = "pulumi:providers:kubernetes"
_PINS: Final = ("context", "clusterIdentifier")


def _pinned_cluster(resource: Resource) -> Iterator[Finding]:
    if resource.type == _PROVIDER:
        yield from _pins(resource.root)
    elif resource.engine and resource.type.startswith("kubernetes:") and resource.type not in COMPONENTS:
        yield from _explicit(resource)


def _explicit(resource: Resource) -> Iterator[Finding]:
    source = resource.root.source
    # The engine names the provider that it makes by itself `default`, with its version behind.
    if resource.provider is None or resource.provider.name.split("_", 1)[0] == "default":
        place = Field(source, "provider", None)
        yield place.finding("is the default one, which goes wherever the kubeconfig of the day points")
    else:
        yield from _pins(Field(source, "provider", resource.provider.properties))


def _pins(settings: Field) -> Iterator[Finding]:
    for pin in _PINS:
        yield from must(settings.child(pin), lambda value: isinstance(value, str) and bool(value.strip()), "isn't set")


PINNED_CLUSTER: Final = Rule(
    id="provider-pinned-cluster",
    title="Every Kubernetes resource has an explicit provider with a pinned context and cluster",
    severity="high",
    why="With an ambient provider, the same command changes another cluster on the day that someone switches context.",
    mend="Pass a kubernetes.Provider with context and cluster_identifier (stratmaster:cluster) through the parents.",
    check=_pinned_cluster,
)

RULES: Final = (PINNED_CLUSTER,)
