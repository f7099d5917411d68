"""Pod Security, baseline: what would take away the walls that the kernel keeps around a pod.

As k8s.io/pod-security-admission v0.37.2 evaluates it, at v1.37.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..model.pods import Container, Pod, containers, pods, pods_and_containers
from ..model.record import Rule, per
from ..model.values import Field, Finding, each, must, one_of

DEFAULT_CAPABILITIES: Final = one_of(
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
"""What a container may add at level baseline: the runtimes' own set, without NET_RAW."""

_PROFILES: Final = one_of("RuntimeDefault", "Localhost")
_APPARMOR_ANNOTATION: Final = "container.apparmor.security.beta.kubernetes.io/"
_SELINUX_TYPES: Final = one_of(None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_SAFE_SYSCTLS: Final = one_of(
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_notsent_lowat",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)


def _capabilities(container: Container) -> Iterator[Finding]:
    for capability in container.security("capabilities", "add").elements():
        yield from must(capability, DEFAULT_CAPABILITIES, "isn't among those that any container may have")


def _seccomp(subject: Pod | Container) -> Iterator[Finding]:
    yield from _profile(subject, "seccompProfile", "leaves every system call open")


def _apparmor(subject: Pod | Container) -> Iterator[Finding]:
    yield from _profile(subject, "appArmorProfile", "takes away the runtime's own AppArmor profile")
    if isinstance(subject, Pod):
        for key, place in subject.metadata.child("annotations").entries().items():
            if key.startswith(_APPARMOR_ANNOTATION):
                yield from must(place, _confined, "takes away the runtime's own AppArmor profile")


def _confined(annotation: object) -> bool:
    return isinstance(annotation, str) and (
        annotation in ("", "runtime/default") or annotation.startswith("localhost/")
    )


def _profile(subject: Pod | Container, key: str, problem: str) -> Iterator[Finding]:
    profile = subject.security(key)
    if profile.value is None:
        return
    kind = profile.child("type")
    if kind.value is not None or not subject.partial:
        yield from must(kind, _PROFILES, problem)


def _selinux(subject: Pod | Container) -> Iterator[Finding]:
    options = subject.security("seLinuxOptions")
    if options.value is None:
        return
    yield from must(options.child("type"), _SELINUX_TYPES, "isn't a type that confines a container")
    for key in ("user", "role"):
        yield from must(options.child(key), one_of(None, ""), "takes the container out of its SELinux confinement")


def _proc_mount(container: Container) -> Iterator[Finding]:
    if not container.pod.user_namespace:
        place = container.security("procMount")
        yield from must(place, one_of(None, "Default"), "shows the container the masked parts of /proc")


def _sysctls(pod: Pod) -> Iterator[Finding]:
    yield from each(pod.security("sysctls").elements(), _sysctl)


def _sysctl(sysctl: Field) -> Iterable[Finding]:
    return must(sysctl.child("name"), _SAFE_SYSCTLS, "isn't among those that stay within the pod")


CAPABILITIES: Final = Rule(
    id="pod-default-capabilities",
    title="No container adds a capability beyond the runtimes' default",
    severity="high",
    check=per(containers, _capabilities),
    frameworks=(
        "PSS-baseline",
        "CIS-5.2.8",
        "CIS-5.2.9",
        "NSA",
        "C-0046",
        "CKV_K8S_25",
        "CKV_K8S_39",
        "KSV-0005",
        "KSV-0022",
        "kube-linter/drop-net-raw-capability",
        "Polaris/dangerousCapabilities",
        "Kyverno/disallow-capabilities",
    ),
    why="SYS_ADMIN, SYS_PTRACE or NET_RAW are ways out of the container, or into its neighbours' traffic.",
    mend="Leave the capability out of add.",
)

SECCOMP: Final = Rule(
    id="pod-seccomp-confined",
    title="No pod or container turns its seccomp profile off",
    severity="high",
    check=per(pods_and_containers, _seccomp),
    frameworks=("PSS-baseline", "CIS-5.7.2", "C-0055", "C-0210", "KSV-0104", "Kyverno/restrict-seccomp"),
    why="Most escapes through the kernel begin with a system call that the default profile forbids.",
    mend="Set seccompProfile.type to RuntimeDefault, or to Localhost with a profile of your own.",
)

APPARMOR: Final = Rule(
    id="pod-apparmor-confined",
    title="No pod or container turns its AppArmor profile off",
    severity="high",
    check=per(pods_and_containers, _apparmor),
    frameworks=("PSS-baseline", "C-0055", "KSV-0002", "Kyverno/restrict-apparmor-profiles"),
    why="AppArmor keeps a process that got out of its file system from the node's own.",
    mend="Set appArmorProfile.type to RuntimeDefault or Localhost, or leave it (and the old annotation) out.",
)

SELINUX: Final = Rule(
    id="pod-selinux-confined",
    title="No pod or container leaves the SELinux types that confine containers",
    severity="high",
    check=per(pods_and_containers, _selinux),
    frameworks=("PSS-baseline", "C-0055", "KSV-0025", "Kyverno/disallow-selinux"),
    why="A type such as spc_t, or a user or role of its own, lifts what SELinux forbids to containers.",
    mend="Leave out seLinuxOptions.user and .role, and use container_t or one of its kin as type.",
)

PROC_MOUNT: Final = Rule(
    id="pod-proc-mount-masked",
    title="No container that shares the node's users sees /proc unmasked",
    severity="high",
    check=per(containers, _proc_mount),
    frameworks=("PSS-baseline", "KSV-0027", "kube-linter/unsafe-proc-mount", "Polaris/procMount"),
    why="The masked parts of /proc change the node's kernel.",
    mend="Leave out procMount, or set hostUsers: false at level baseline.",
)

SYSCTLS: Final = Rule(
    id="pod-safe-sysctls",
    title="No pod sets a kernel parameter that reaches beyond it",
    severity="high",
    check=per(pods, _sysctls),
    frameworks=("PSS-baseline", "KSV-0026", "kube-linter/unsafe-sysctls", "Kyverno/restrict-sysctls"),
    why="Kernel parameters without a namespace of their own change the node for every pod on it.",
    mend="Leave the parameter out, or have the node's owner set it.",
)

RULES: Final = (CAPABILITIES, SECCOMP, APPARMOR, SELINUX, PROC_MOUNT, SYSCTLS)
