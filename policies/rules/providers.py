"""Which cluster a stack may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .record import Rule, Subject
from .values import Field, Finding, Opaque

_PROVIDER: Final = "pulumi:providers:kubernetes"
_PINS: Final = ("context", "clusterIdentifier")

# Components of the provider's own SDKs: the engine gives them no provider, and their children come one by one.
_COMPONENTS: Final = frozenset(
    {
        "kubernetes:helm.sh/v2:Chart",
        "kubernetes:helm.sh/v3:Chart",
        "kubernetes:helm.sh/v4:Chart",
        "kubernetes:kustomize:Directory",
        "kubernetes:kustomize/v2:Directory",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:yaml:ConfigGroup",
        "kubernetes:yaml/v2:ConfigFile",
        "kubernetes:yaml/v2:ConfigGroup",
    }
)


def _pinned_cluster(subject: Subject) -> Iterator[Finding]:
    if subject.type == _PROVIDER:
        yield from _pins(Field(path="", value=subject.properties))
    elif subject.type.startswith("kubernetes:") and subject.type not in _COMPONENTS:
        yield from _explicit(subject)


def _explicit(subject: Subject) -> Iterator[Finding]:
    place = Field(path="provider", value=None)
    # The engine names the provider that it makes by itself `default`, with its version behind.
    if subject.provider is None or subject.provider.name.split("_", 1)[0] == "default":
        yield place.finding("is the default one, which goes wherever the kubeconfig of the day points")
    else:
        yield from _pins(Field(path="provider", value=subject.provider.properties))


def _pins(settings: Field) -> Iterator[Finding]:
    for pin in _PINS:
        setting = settings.child(pin)
        match setting.value:
            case str() if setting.value.strip():
                continue
            case None | str():
                yield setting.finding("isn't set")
            case Opaque():
                yield setting.finding(setting.value.value)
            case _:
                yield setting.finding(Opaque.MALFORMED.value)


PINNED_CLUSTER: Final = Rule(
    id="provider-pinned-cluster",
    title="Every Kubernetes resource has an explicit provider with a pinned context and cluster",
    severity="high",
    why="With an ambient provider, the same command changes another cluster on the day that someone switches context.",
    mend="Pass a kubernetes.Provider with context and cluster_identifier (stratmaster:cluster) through the parents.",
    check=_pinned_cluster,
)
