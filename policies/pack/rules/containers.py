"""What every container is given, and what it may not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.pods import Container, containers
from ..model.record import Rule, per
from ..model.values import Field, Finding, Opaque, Value, must

_NEEDED: Final = (
    ("requests", "cpu", "reserves no CPU"),
    ("requests", "memory", "reserves no memory"),
    ("limits", "memory", "has no limit on its memory"),
)
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
_QUANTITY: Final = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")


def _read_only_root(container: Container) -> Iterator[Finding]:
    place = container.security("readOnlyRootFilesystem")
    # Windows has no such setting.
    if not container.pod.windows and not (container.partial and place.value is None):
        yield from must(place, lambda value: value is True, "isn't true")


def _resources(container: Container) -> Iterator[Finding]:
    if container.list == "ephemeralContainers":
        return  # Kubernetes lets it have none: it runs on what its pod has
    for bound, resource, problem in _NEEDED:
        given = _given(container, bound, resource)
        if given.value is not None or not container.partial:
            yield from must(given, _quantity, problem)


def _given(container: Container, bound: str, resource: str) -> Field:
    """Where a container's request or limit stands; the place where it is missing if it stands nowhere."""
    # A limit is a request too, unless there is one; what the whole pod has, its containers share.
    for owner in (container.field, container.pod.spec):
        for each in dict.fromkeys((bound, "limits")):
            place = owner.at("resources", each, resource)
            if place.value is not None:
                return place
    return container.field.at("resources", bound, resource)


def _quantity(value: Value) -> bool:
    if isinstance(value, bool | Opaque):
        return False
    if isinstance(value, float | int):
        return value > 0
    amount = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return amount is not None and float(amount[1]) > 0


READ_ONLY_ROOT: Final = Rule(
    id="container-read-only-root",
    title="Every container's own file system is read-only",
    severity="medium",
    check=per(containers, _read_only_root),
    frameworks=(
        "NSA",
        "C-0017",
        "CKV_K8S_22",
        "KSV-0014",
        "kube-linter/no-read-only-root-fs",
        "Polaris/notReadOnlyRootFilesystem",
        "Kyverno/require-ro-rootfs",
    ),
    why="Who gets into a container can't leave a program there, nor change the one that runs.",
    mend="Set securityContext.readOnlyRootFilesystem: true, and mount an emptyDir where the program has to write.",
)

RESOURCES: Final = Rule(
    id="container-resources",
    title="Every container reserves CPU and memory, and can't take all memory of its node",
    severity="medium",
    check=per(containers, _resources),
    frameworks=(
        "NSA",
        "C-0268",
        "C-0269",
        "C-0271",
        "CKV_K8S_10",
        "CKV_K8S_11",
        "CKV_K8S_12",
        "CKV_K8S_13",
        "KSV-0015",
        "KSV-0016",
        "KSV-0018",
        "kube-linter/unset-memory-requirements",
        "Polaris/memoryLimitsMissing",
        "Kyverno/require-requests-limits",
    ),
    why="Without them one leaking pod starves its neighbours, and nodes are packed with more than they can hold.",
    mend="Set resources.requests.cpu, resources.requests.memory and resources.limits.memory, above zero.",
)

RULES: Final = (READ_ONLY_ROOT, RESOURCES)
