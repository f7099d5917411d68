"""Pod Security, restricted: what a pod has to say for itself, beyond baseline.

As k8s.io/pod-security-admission v0.37.2 evaluates it, at v1.37. There, four checks take the place of baseline's; here
each of them is what restricted demands beyond its baseline, so that an exemption from one keeps the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.pods import Container, Pod, containers, pods, pods_and_containers
from ..model.record import Rule, per
from ..model.values import Field, Finding, Value, each, must, one_of
from .pod_security_kernel import DEFAULT_CAPABILITIES

_VOLUMES: Final = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_BASELINE_VOLUME: Final = "hostPath"


def _privilege_escalation(container: Container) -> Iterator[Finding]:
    place = container.security("allowPrivilegeEscalation")
    if not container.pod.windows and not (container.partial and place.value is None):
        yield from must(place, lambda value: value is False, "isn't false")


def _capabilities(container: Container) -> Iterator[Finding]:
    if container.pod.windows:
        return
    drop = container.security("capabilities", "drop")
    if drop.value is not None or not container.partial:
        yield from must(drop, _holds_all, "doesn't hold ALL")
    yield from each(container.security("capabilities", "add").elements(), _added)


def _holds_all(value: Value) -> bool:
    return isinstance(value, list) and "ALL" in value


def _added(capability: Field) -> Iterator[Finding]:
    # One that baseline forbids is reported there.
    if capability.text() != "NET_BIND_SERVICE" and DEFAULT_CAPABILITIES(capability.value):
        yield capability.finding("isn't NET_BIND_SERVICE, the only one that may be added")


def _run_as_non_root(subject: Pod | Container) -> Iterator[Finding]:
    pod = subject if isinstance(subject, Pod) else subject.pod
    if pod.user_namespace:
        return
    place = subject.security("runAsNonRoot")
    if place.value is not None:
        yield from must(place, lambda value: value is True, "lets the container run as root")
    elif subject is not pod and not subject.partial and pod.security("runAsNonRoot").value is None:
        yield place.finding("isn't set, neither here nor for the pod")


def _run_as_user(subject: Pod | Container) -> Iterator[Finding]:
    pod = subject if isinstance(subject, Pod) else subject.pod
    place = subject.security("runAsUser")
    if not pod.user_namespace and place.number() == 0:
        yield place.finding("is root")


def _seccomp(container: Container) -> Iterator[Finding]:
    place = container.effective("seccompProfile")
    if not container.pod.windows and not (container.partial and place.value is None):
        yield from must(place, lambda value: value is not None, "isn't set, neither here nor for the pod")


def _volumes(pod: Pod) -> Iterator[Finding]:
    yield from each(pod.volumes, _volume)


def _volume(volume: Field) -> Iterator[Finding]:
    for key, source in volume.entries().items():
        # No source at all is an emptyDir; the node's folders are baseline's.
        if key not in _VOLUMES and key not in {"name", _BASELINE_VOLUME}:
            yield from must(source, one_of(None), "is a kind of volume that pods may not have")


def _proc_mount(container: Container) -> Iterator[Finding]:
    if container.pod.user_namespace:
        place = container.security("procMount")
        yield from must(place, one_of(None, "Default"), "shows the container the masked parts of /proc")


PRIVILEGE_ESCALATION: Final = Rule(
    id="pod-no-privilege-escalation",
    title="Every container says that it gains no privileges",
    severity="high",
    check=per(containers, _privilege_escalation),
    frameworks=(
        "PSS-restricted",
        "CIS-5.2.6",
        "NSA",
        "C-0016",
        "C-0197",
        "CKV_K8S_5",
        "CKV_K8S_20",
        "KSV-0001",
        "kube-linter/privilege-escalation-container",
        "Polaris/privilegeEscalationAllowed",
        "Kyverno/disallow-privilege-escalation",
    ),
    why="With a set-user-id program in its image, a process becomes root in the container, whoever started it.",
    mend="Set securityContext.allowPrivilegeEscalation: false on the container.",
)

CAPABILITIES: Final = Rule(
    id="pod-capabilities-dropped",
    title="Every container drops all capabilities and adds none but NET_BIND_SERVICE",
    severity="high",
    check=per(containers, _capabilities),
    frameworks=(
        "PSS-restricted",
        "CIS-5.2.8",
        "CIS-5.2.10",
        "NSA",
        "C-0046",
        "CKV_K8S_28",
        "CKV_K8S_37",
        "KSV-0003",
        "KSV-0106",
        "Polaris/insecureCapabilities",
        "Kyverno/disallow-capabilities-strict",
    ),
    why="Each capability is a part of root's rights, which an attacker in the container has too.",
    mend='Set securityContext.capabilities.drop: ["ALL"] on the container; add at most NET_BIND_SERVICE.',
)

RUN_AS_NON_ROOT: Final = Rule(
    id="pod-run-as-non-root",
    title="Every container is kept from running as root",
    severity="high",
    check=per(pods_and_containers, _run_as_non_root),
    frameworks=(
        "PSS-restricted",
        "CIS-5.2.7",
        "NSA",
        "C-0013",
        "CKV_K8S_6",
        "CKV_K8S_23",
        "KSV-0012",
        "kube-linter/run-as-non-root",
        "Polaris/runAsRootAllowed",
        "Kyverno/require-run-as-nonroot",
    ),
    why="Root in a container is root on the node as soon as it finds a way out.",
    mend="Set securityContext.runAsNonRoot: true on the pod, and don't take it back on a container.",
)

RUN_AS_USER: Final = Rule(
    id="pod-run-as-user",
    title="No pod or container names root as its user",
    severity="high",
    check=per(pods_and_containers, _run_as_user),
    frameworks=(
        "PSS-restricted",
        "CIS-5.2.7",
        "NSA",
        "C-0013",
        "CKV_K8S_40",
        "KSV-0105",
        "Kyverno/require-run-as-non-root-user",
    ),
    why="User 0 is root, whatever the image says.",
    mend="Set runAsUser to the image's own user, or leave it out.",
)

SECCOMP: Final = Rule(
    id="pod-seccomp-set",
    title="Every container has a seccomp profile",
    severity="high",
    check=per(containers, _seccomp),
    frameworks=(
        "PSS-restricted",
        "CIS-5.7.2",
        "NSA",
        "C-0210",
        "CKV_K8S_31",
        "KSV-0030",
        "Polaris/linuxHardening",
        "Kyverno/restrict-seccomp-strict",
    ),
    why="Without one, every system call of the kernel is open to whoever gets into the container.",
    mend="Set securityContext.seccompProfile.type: RuntimeDefault on the pod.",
)

VOLUME_TYPES: Final = Rule(
    id="pod-volume-types",
    title="Pods have no volumes but those that the cluster hands out",
    severity="medium",
    check=per(pods, _volumes),
    frameworks=("PSS-restricted", "KSV-0028", "Kyverno/restrict-volume-types"),
    why="A volume that names a disk or a server itself goes past the PersistentVolumes that an operator allowed.",
    mend="Use a PersistentVolumeClaim, an emptyDir, or a configMap, secret, csi or projected volume.",
)

PROC_MOUNT: Final = Rule(
    id="pod-proc-mount-default",
    title="No container sees /proc unmasked, not even with users of its own",
    severity="high",
    check=per(containers, _proc_mount),
    frameworks=("PSS-restricted", "KSV-0027"),
    why="The masked parts of /proc tell about the node and its other pods.",
    mend="Leave out procMount.",
)

RULES: Final = (
    PRIVILEGE_ESCALATION,
    CAPABILITIES,
    RUN_AS_NON_ROOT,
    RUN_AS_USER,
    SECCOMP,
    VOLUME_TYPES,
    PROC_MOUNT,
)
