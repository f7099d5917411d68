"""Users are sent only where somebody looked first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..model.objects import Object
from ..model.record import StackRule, per
from ..model.stack import Stack
from ..model.values import Field, Finding, each
from .change_safety import DECLARED
from .joins import named, readable
from .network_joins import ROUTES, backends

_CONTAINER: Final = "api"
_IN_CLUSTER: Final = 3  # <service>.<namespace>.svc, and the cluster's domain behind it


def _sent_to_ready(stack: Stack) -> Iterator[Finding]:
    services = dict(readable(stack.objects("Service")))
    deployments, declared = dict(readable(stack.looked_up("Deployment"))), dict(readable(stack.looked_up("ConfigMap")))

    def check(route: Object) -> Iterator[Finding]:
        own, _ = named(route)
        yield from each((backend for backend, _ in backends(route)), lambda backend: _backend(backend, own))

    def _backend(backend: Field, own: str) -> Iterator[Finding]:
        if backend.child("weight").number() == 0:
            return
        name, namespace = _target(backend, own, services)
        if namespace == own:
            return
        deployment, declaration = deployments.get((namespace, name)), declared.get((namespace, DECLARED))
        if deployment is None:
            yield backend.finding("sends users to a slot whose Deployment nobody looked up")
        elif declaration is None:
            yield backend.finding(f"sends users to a slot whose declaration ({DECLARED}) nobody looked up")
        elif reason := _unready(deployment, declaration):
            yield backend.finding(f"sends users to a slot that {reason}")

    yield from per(lambda _: stack.objects("Ingress", *ROUTES), check)(stack)


def _target(backend: Field, own: str, services: Mapping[tuple[str, str], Object]) -> tuple[str, str]:
    """Name and namespace of the Service that answers: through a Service of type ExternalName, that one's."""
    name, namespace = backend.child("name").text() or "", backend.child("namespace").text() or own
    service = services.get((namespace, name))
    if service is None or service.spec.child("type").text() != "ExternalName":
        return name, namespace
    parts = (service.spec.child("externalName").text() or "").split(".")
    if len(parts) < _IN_CLUSTER or parts[2] != "svc":
        return name, ""  # outside the cluster, where nothing can be looked up
    return parts[0], parts[1]


def _unready(deployment: Object, declaration: Object) -> str | None:
    """Why what was looked up may take no users: the gate asks the same (operations/healthcheck/slot.py)."""
    data, status = declaration.root.child("data"), deployment.root.child("status")
    if data.child("shutdown").text() == "true":
        return "is shut down"
    images = [
        container.child("image").text()
        for pod in deployment.pods
        for container in pod.containers
        if container.child("name").text() == _CONTAINER
    ]
    if images != [data.child("image").text()]:
        return "runs another image than it declares"
    generation, observed = (
        place.number() or 0 for place in (deployment.metadata.child("generation"), status.child("observedGeneration"))
    )
    pods, ready, updated = (status.child(key).number() or 0 for key in ("replicas", "readyReplicas", "updatedReplicas"))
    # Kubernetes counts both kinds apart and never together: any old pod may be one of those that are ready.
    new_and_ready = min(ready, updated) - max(pods - updated, 0)
    least = data.child("minReplicas").text() or ""
    if observed < generation or not least.isdecimal() or new_and_ready < int(least):
        return "has fewer ready pods than it declares"
    return None


READY: Final = StackRule(
    id="traffic-ready-slots",
    title="Users are sent only to a slot that was looked up and found ready",
    severity="critical",
    why="Outputs survive failed updates: only the cluster knows whether a slot runs what was meant to.",
    mend="Read the slot's Deployment and its declaration before the route, as components/readiness.py does.",
    check=_sent_to_ready,
)

RULES: Final = (READY,)
