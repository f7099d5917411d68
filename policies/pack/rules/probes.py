"""Whether Kubernetes can tell a container that works from one that doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.pods import Container, containers
from ..model.record import Rule, per
from ..model.values import Field, Finding, Opaque, Value

_HANDLERS: Final = ("httpGet", "tcpSocket", "exec", "grpc")
_FINITE: Final = frozenset({"Job", "CronJob"})
_PERIOD_SECONDS, _FAILURES = 10.0, 3.0  # Kubernetes' defaults


def _stays(container: Container) -> bool:
    """Whether it is a main container of a pod that is meant to stay, in whatever kind."""
    pod = container.pod
    finite = pod.object.kind in _FINITE or pod.spec.child("restartPolicy").value in ("Never", "OnFailure")
    return container.list == "containers" and not finite


_long_running: Final = containers.where(_stays)


def _readiness(container: Container) -> Iterator[Finding]:
    yield from _asked(container, "readinessProbe", "isn't set, so that traffic comes before the container can take it")


def _liveness(container: Container) -> Iterator[Finding]:
    yield from _asked(container, "livenessProbe", "isn't set, so that a container that hangs is never restarted")


def _asked(container: Container, key: str, problem: str) -> Iterator[Finding]:
    probe = container.child(key)
    if probe.is_set:
        if not any(probe.child(handler).is_set for handler in _HANDLERS) and not container.partial:
            yield probe.finding("asks nothing")
    elif not container.partial:
        yield probe.finding(problem)


def _patience(container: Container) -> Iterator[Finding]:
    readiness, liveness = container.child("readinessProbe"), container.child("livenessProbe")
    if readiness.is_set and liveness.is_set and _question(readiness) == _question(liveness):
        sooner, later = _seconds(container, readiness), _seconds(container, liveness)
        if sooner is not None and later is not None and later <= sooner:
            yield liveness.finding("asks what the readiness probe asks, and gives up no later")


def _question(probe: Field) -> dict[str, Value]:
    return {handler: _plain(probe.child(handler)) for handler in _HANDLERS}


def _plain(field: Field) -> Value:
    """The value, if all of it can be judged."""
    if isinstance(field.value, Opaque):
        field.known()
    for child in field.children():
        _plain(child)
    return field.value


def _seconds(container: Container, probe: Field) -> float | None:
    """How long a probe fails before it is believed; None where a Patch leaves that as it is."""
    period, failures = probe.child("periodSeconds").number(), probe.child("failureThreshold").number()
    if container.partial and (period is None or failures is None):
        return None
    return (period or _PERIOD_SECONDS) * (failures or _FAILURES)


READINESS: Final = Rule(
    id="probe-readiness",
    title="Every container that is meant to stay has a readiness probe",
    severity="medium",
    check=per(_long_running, _readiness),
    frameworks=(
        "C-0018",
        "CKV_K8S_9",
        "kube-linter/no-readiness-probe",
        "Polaris/readinessProbeMissing",
        "Kyverno/require-pod-probes",
    ),
    why="Without one a rollout counts a pod as up while it still starts, and users get its errors.",
    mend="Add a readinessProbe (httpGet, tcpSocket, grpc or exec) that answers once requests can be served.",
)

LIVENESS: Final = Rule(
    id="probe-liveness",
    title="Every container that is meant to stay has a liveness probe",
    severity="medium",
    check=per(_long_running, _liveness),
    frameworks=(
        "C-0056",
        "CKV_K8S_8",
        "kube-linter/no-liveness-probe",
        "Polaris/livenessProbeMissing",
        "Kyverno/require-pod-probes",
    ),
    why="A program that hangs stays in the cluster for good, with all that it holds.",
    mend="Add a livenessProbe that asks the program alone, never what it depends on.",
)

PATIENCE: Final = Rule(
    id="probe-patience",
    title="A liveness probe waits longer than a readiness probe that asks the same",
    severity="medium",
    check=per(_long_running, _patience),
    frameworks=("kube-score/pod-probes", "Gatekeeper/probes", "Kyverno/validate-probes"),
    why="A pod that is only overloaded would be killed when it should be left alone, and then the next one.",
    mend="Give the liveness probe a longer periodSeconds or a higher failureThreshold, or another question.",
)

RULES: Final = (READINESS, LIVENESS, PATIENCE)
