"""What a pod may do to the node it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .pods import pods_of
from .record import Rule, Subject
from .values import Field, Finding, Opaque


def _switched_off(switch: Field, problem: str) -> Iterator[Finding]:
    match switch.value:
        case None | False:
            return
        case True:
            yield switch.finding(problem)
        case Opaque():
            yield switch.finding(switch.value.value)
        case _:
            yield switch.finding(Opaque.MALFORMED.value)


def _no_privilege(subject: Subject) -> Iterator[Finding]:
    pods = pods_of(subject)
    yield from pods.unreadable
    for switch in pods.host:
        yield from _switched_off(switch, "puts the pod into a namespace of its node")
    for container in pods.containers:
        yield from _switched_off(container.privileged, "gives the container every right on its node")


NO_PRIVILEGE: Final = Rule(
    id="workload-no-privilege",
    title="No container is privileged and no pod shares its node's namespaces",
    severity="critical",
    frameworks=(
        "PSS-baseline",
        "CIS-5.2.2",
        "CIS-5.2.3",
        "CIS-5.2.4",
        "CIS-5.2.5",
        "C-0057",
        "C-0038",
        "C-0041",
        "CKV_K8S_16",
        "CKV_K8S_17",
        "CKV_K8S_18",
        "CKV_K8S_19",
        "KSV-0017",
        "KSV-0008",
        "KSV-0009",
        "KSV-0010",
    ),
    why="Whoever breaks into such a container owns the node, and with it every pod and secret there.",
    mend="Leave out privileged, hostPID, hostIPC and hostNetwork, or set them to false.",
    check=_no_privilege,
)
