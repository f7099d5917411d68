"""Pod Security, baseline: what would hand a pod its node.

As k8s.io/pod-security-admission v0.37.2 evaluates it, at v1.37.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.pods import Container, Pod, containers, pods, pods_and_containers
from ..model.record import Rule, per
from ..model.values import Field, Finding, Value, each, must, one_of

_NAMESPACES: Final = {
    "hostNetwork": "puts the pod on the node's own network, past every NetworkPolicy",
    "hostPID": "shows the pod every process of its node",
    "hostIPC": "shares the node's memory segments with the pod",
}
_UNSET: Final = one_of(None)
_EMPTY: Final = one_of(None, "")
_HANDLERS: Final = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def _off(value: Value) -> bool:
    return value is None or value is False


def _privileged(container: Container) -> Iterator[Finding]:
    yield from must(container.security("privileged"), _off, "gives the container every right on its node")


def _host_namespaces(pod: Pod) -> Iterator[Finding]:
    for key, what in _NAMESPACES.items():
        yield from must(pod.spec.child(key), _off, what)


def _host_path(pod: Pod) -> Iterator[Finding]:
    for volume in pod.volumes:
        yield from must(volume.child("hostPath"), _UNSET, "mounts a folder of the node")


def _host_ports(container: Container) -> Iterator[Finding]:
    yield from each(container.child("ports").elements(), _host_port)


def _host_port(port: Field) -> Iterator[Finding]:
    place = port.child("hostPort")
    if place.number():
        yield place.finding("opens a port of the node")


def _probe_hosts(container: Container) -> Iterator[Finding]:
    for path in _HANDLERS:
        handler = container.field.at(*path)
        if handler.value is not None:
            for kind in ("httpGet", "tcpSocket"):
                yield from must(handler.at(kind, "host"), _EMPTY, "makes the kubelet call another host than the pod")


def _host_process(subject: Pod | Container) -> Iterator[Finding]:
    place = subject.security("windowsOptions", "hostProcess")
    yield from must(place, _off, "runs the container as a process of the Windows node")


PRIVILEGED: Final = Rule(
    id="pod-not-privileged",
    title="No container is privileged",
    severity="critical",
    check=per(containers, _privileged),
    frameworks=(
        "PSS-baseline",
        "CIS-5.2.2",
        "NSA",
        "C-0057",
        "C-0193",
        "CKV_K8S_2",
        "CKV_K8S_16",
        "KSV-0017",
        "kube-linter/privileged-container",
        "Polaris/runAsPrivileged",
        "Kyverno/disallow-privileged-containers",
    ),
    why="A privileged container is root on its node, and with that every pod and Secret that the node carries.",
    mend="Leave out privileged; a capability that the program needs can be added by name.",
)

HOST_NAMESPACES: Final = Rule(
    id="pod-no-host-namespaces",
    title="No pod shares its node's network, processes or memory segments",
    severity="critical",
    check=per(pods, _host_namespaces),
    frameworks=(
        "PSS-baseline",
        "CIS-5.2.3",
        "CIS-5.2.4",
        "CIS-5.2.5",
        "NSA",
        "C-0038",
        "C-0041",
        "CKV_K8S_17",
        "CKV_K8S_18",
        "CKV_K8S_19",
        "KSV-0008",
        "KSV-0009",
        "KSV-0010",
        "kube-linter/host-network",
        "Polaris/hostNetworkSet",
        "Kyverno/disallow-host-namespaces",
    ),
    why="With the node's namespaces a pod reads its neighbours' traffic and memory, and asks the cloud as the node.",
    mend="Leave out hostNetwork, hostPID and hostIPC.",
)

HOST_PATH: Final = Rule(
    id="pod-no-host-path",
    title="No pod mounts a folder of its node",
    severity="critical",
    check=per(pods, _host_path),
    frameworks=(
        "PSS-baseline",
        "CIS-5.2.12",
        "NSA",
        "C-0045",
        "C-0048",
        "C-0074",
        "CKV_K8S_27",
        "KSV-0006",
        "KSV-0023",
        "KSV-0121",
        "kube-linter/docker-sock",
        "kube-linter/sensitive-host-mounts",
        "Polaris/hostPathSet",
        "Kyverno/disallow-host-path",
        "Kyverno/disallow-cri-sock-mount",
    ),
    why="The node's disk holds the kubelet's credentials and the container runtime's socket.",
    mend="Use an emptyDir, or a PersistentVolumeClaim where the data has to last.",
)

HOST_PORTS: Final = Rule(
    id="pod-no-host-ports",
    title="No container opens a port of its node",
    severity="high",
    check=per(containers, _host_ports),
    frameworks=(
        "PSS-baseline",
        "CIS-5.2.13",
        "C-0044",
        "CKV_K8S_26",
        "KSV-0024",
        "Polaris/hostPortSet",
        "Kyverno/disallow-host-ports",
    ),
    why="What listens on the node is reached past Services and network policies, and only one pod a node can have it.",
    mend="Leave out hostPort and reach the pod through a Service.",
)

PROBE_HOSTS: Final = Rule(
    id="pod-no-probe-hosts",
    title="Probes and lifecycle hooks ask the pod itself",
    severity="medium",
    check=per(containers, _probe_hosts),
    frameworks=("PSS-baseline", "Gatekeeper/host-probes-lifecycle"),
    why="The kubelet calls the host from the node's network: a probe could reach what the pod may not.",
    mend="Leave out host, so that the pod's own address is asked.",
)

HOST_PROCESS: Final = Rule(
    id="pod-no-host-process",
    title="No container is a process of its Windows node",
    severity="high",
    check=per(pods_and_containers, _host_process),
    frameworks=("PSS-baseline", "CIS-5.2.11", "KSV-0103", "Kyverno/disallow-host-process", "Polaris/hostProcess"),
    why="A HostProcess container has the node's own rights, as a privileged one has on Linux.",
    mend="Leave out windowsOptions.hostProcess.",
)

RULES: Final = (PRIVILEGED, HOST_NAMESPACES, HOST_PATH, HOST_PORTS, PROBE_HOSTS, HOST_PROCESS)
