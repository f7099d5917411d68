"""Finds the pods in a resource, at any depth: controllers, CronJobs, Lists, Patches, custom resources."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .record import Subject
from .values import Field, Finding, Opaque

_CONTAINER_LISTS: Final = ("containers", "initContainers", "ephemeralContainers")
_HOST_NAMESPACES: Final = ("hostPID", "hostIPC", "hostNetwork")

# An unknown under one of these keys may hide a pod.
_LEADS_TO_PODS: Final = re.compile(r"(spec|template)s?$|^items$", re.IGNORECASE)

_WORKLOADS: Final = frozenset(
    {
        "Pod",
        "PodTemplate",
        "ReplicationController",
        "ReplicaSet",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "List",
    }
)

# Groups whose schemas, workloads aside, have no place for a pod. A Helm release has none either: its objects are the
# chart's, which this pack can't see yet; the chart's own schema and the namespace's Pod Security level stand for it.
_GROUPS_WITHOUT_PODS: Final = frozenset(
    {
        "core",
        "apps",
        "batch",
        "extensions",
        "autoscaling",
        "policy",
        "meta",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
        "scheduling.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "certificates.k8s.io",
        "events.k8s.io",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "gateway.networking.k8s.io",
        "bitnami.com",
        "helm.sh",
    }
)


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of any of a pod's three lists."""

    image: Field
    privileged: Field


@dataclass(frozen=True, kw_only=True)
class Pods:
    """What pods a resource has.

    Args:
        host: the switches of all its pod specs that open the host's namespaces.
        containers: the containers of all its pod specs.
        unreadable: places where a pod or a container may be that can't be read.
        partial: whether the resource patches an object, so that what it leaves out stays as it is.
    """

    host: tuple[Field, ...] = ()
    containers: tuple[Container, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    partial: bool = False


def pods_of(subject: Subject) -> Pods:
    """The pods of `subject`; none if its type has no place for one."""
    if not _may_carry_pods(subject):
        return Pods()
    host: list[Field] = []
    containers: list[Container] = []
    unreadable: list[Finding] = []
    pending = [Field(path="", value=subject.properties)]
    while pending:
        place = pending.pop()
        if place.value is Opaque.UNKNOWN and _LEADS_TO_PODS.search(_key(place)):
            unreadable.append(place.finding(Opaque.UNKNOWN.value))
        if _is_pod_spec(place):
            host += [place.child(key) for key in _HOST_NAMESPACES]
            for key in _CONTAINER_LISTS:
                _read_containers(place.child(key), containers, unreadable)
        # Labels and annotations hold no pods, and their keys may end as those that lead to one.
        pending += reversed([child for child in place.children() if _key(child) != "metadata"])
    partial = _token(subject.type)[1].endswith("Patch")
    return Pods(host=tuple(host), containers=tuple(containers), unreadable=tuple(unreadable), partial=partial)


def _read_containers(place: Field, containers: list[Container], unreadable: list[Finding]) -> None:
    if place.value is None:
        return
    if not isinstance(place.value, list):
        unreadable.append(place.finding(_opaque(place).value))
    for item in place.children():
        if isinstance(item.value, dict):
            privileged = item.child("securityContext").child("privileged")
            containers.append(Container(image=item.child("image"), privileged=privileged))
        else:
            unreadable.append(item.finding(_opaque(item).value))


def _opaque(place: Field) -> Opaque:
    return place.value if isinstance(place.value, Opaque) else Opaque.MALFORMED


def _is_pod_spec(place: Field) -> bool:
    keys = (*_CONTAINER_LISTS, *_HOST_NAMESPACES)
    return isinstance(place.value, dict) and any(place.value.get(key) is not None for key in keys)


def _key(place: Field) -> str:
    """The last key of the path; an element of a list has the key of its list."""
    return place.path.rsplit(".", 1)[-1].split("[", 1)[0]


def _may_carry_pods(subject: Subject) -> bool:
    if not subject.type.startswith("kubernetes:"):
        return False
    group, kind = _token(subject.type)
    own = subject.properties.get("kind")
    named = {_singular(kind), _singular(own) if isinstance(own, str) else kind}
    return group not in _GROUPS_WITHOUT_PODS or own is Opaque.UNKNOWN or bool(named & _WORKLOADS)


def _token(resource_type: str) -> tuple[str, str]:
    """The group and the kind in a type such as `kubernetes:apps/v1:Deployment`."""
    version, _, kind = resource_type.removeprefix("kubernetes:").rpartition(":")
    return version.split("/", 1)[0], kind


def _singular(kind: str) -> str:
    return kind.removesuffix("Patch").removesuffix("List") or "List"
