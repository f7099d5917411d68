"""Pods to judge at random: one that a level lets through, with a few fields set to what may or may not be allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, cast

from hypothesis import strategies as st

from rehearsal.engine.wire import Properties, Value

Change: TypeAlias = tuple[tuple[str | int, ...], Value]

_NAMES: Final = {"containers": ("c0", "c1"), "initContainers": ("i0",)}
_PROFILES: Final[list[Value]] = [
    {"type": "RuntimeDefault"},
    {"type": "Unconfined"},
    {"type": "Localhost", "localhostProfile": "mine"},
    None,
]
_SELINUX: Final[list[Value]] = [
    {},
    *({"type": type_} for type_ in ("", "container_t", "container_kvm_t", "container_engine_t", "spc_t")),
    {"level": "s0:c1,c2"},
    {"user": "system_u"},
    {"role": "system_r"},
    {"user": "", "role": ""},
]
_FLAGS: Final[list[Value]] = [True, False, None]
_USERS: Final[list[Value]] = [0, 1, 1000, None]
_WINDOWS: Final[list[Value]] = [{"hostProcess": True}, {"hostProcess": False}, {"runAsUserName": "ContainerUser"}]
_SHARED: Final[dict[str, list[Value]]] = {
    "runAsNonRoot": _FLAGS,
    "runAsUser": _USERS,
    "seccompProfile": _PROFILES,
    "appArmorProfile": _PROFILES,
    "seLinuxOptions": _SELINUX,
    "windowsOptions": _WINDOWS,
}
_CAPABILITIES: Final[list[Value]] = [
    None,
    {},
    {"drop": ["ALL"]},
    {"drop": ["all"]},
    {"drop": ["NET_RAW", "ALL"]},
    *({"drop": ["ALL"], "add": [name]} for name in ("NET_BIND_SERVICE", "CHOWN", "NET_RAW", "SYS_ADMIN", "ALL")),
    {"add": ["CHOWN"]},
    {"drop": ["CHOWN"]},
]
_SYSCTLS: Final = (
    "kernel.shm_rmid_forced",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_notsent_lowat",
    "kernel.msgmax",
    "net.a.b",
)
_SOURCES: Final[list[Properties]] = [
    {"hostPath": {"path": "/var/run"}},
    {"emptyDir": {}},
    {},
    {"configMap": {"name": "it"}},
    {"secret": {"secretName": "it"}},
    {"persistentVolumeClaim": {"claimName": "it"}},
    {"projected": {"sources": []}},
    {"downwardAPI": {"items": []}},
    {"csi": {"driver": "it.example.com"}},
    {"image": {"reference": "registry.k8s.io/pause:3.10"}},
    {"nfs": {"server": "nfs", "path": "/"}},
    {"awsElasticBlockStore": {"volumeID": "vol"}},
    {"iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:it", "lun": 0}},
    {"gitRepo": {"repository": "https://example.com/it"}},
    {"rbd": {"monitors": ["10.0.0.1"], "image": "it"}},
    {"fc": {"targetWWNs": ["500a0982991b8dc5"], "lun": 0}},
]
_HOSTS: Final = ("", "10.0.0.1", "example.com")


def _ask(host: str) -> list[Properties]:
    return [{"httpGet": {"port": 80, "host": host}}, {"tcpSocket": {"port": 80, "host": host}}]


_PROBES: Final[list[Value]] = [handler for host in _HOSTS for handler in _ask(host)]
_POD: Final[dict[tuple[str | int, ...], list[Value]]] = {
    **{("spec", key): _FLAGS for key in ("hostNetwork", "hostPID", "hostIPC", "hostUsers")},
    **{("spec", "securityContext", key): values for key, values in _SHARED.items()},
    ("spec", "os"): [{"name": "linux"}, {"name": "windows"}],
    ("spec", "securityContext"): [None, {}],
    ("spec", "securityContext", "sysctls"): [[{"name": name, "value": "0"}] for name in _SYSCTLS],
    ("spec", "volumes"): [[{"name": "v", **source}] for source in _SOURCES],
    ("metadata", "annotations"): [
        {f"container.apparmor.security.beta.kubernetes.io/{name}": profile}
        for name in ("c0", "i0")
        for profile in ("runtime/default", "localhost/mine", "unconfined", "")
    ],
}
_SECURITY: Final[dict[str, list[Value]]] = {
    **_SHARED,
    "privileged": _FLAGS,
    "allowPrivilegeEscalation": _FLAGS,
    "capabilities": _CAPABILITIES,
    "procMount": ["Default", "Unmasked", None],
}
_MAIN: Final[dict[str, list[Value]]] = {
    "ports": [[{"containerPort": 80, "hostPort": port}] for port in (0, 80)],
    "livenessProbe": _PROBES,
    "readinessProbe": _PROBES,
    "startupProbe": _PROBES,
    "lifecycle": [
        {hook: handler} for hook in ("postStart", "preStop") for host in _HOSTS for handler in _ask(host)[:1]
    ],
}


def _choices() -> list[tuple[tuple[str | int, ...], list[Value]]]:
    found = list(_POD.items())
    for key, names in _NAMES.items():
        for index in range(len(names)):
            place = ("spec", key, index)
            found += [((*place, "securityContext", setting), values) for setting, values in _SECURITY.items()]
            found.append(((*place, "securityContext"), [None, {}]))
            if key == "containers":
                found += [((*place, setting), values) for setting, values in _MAIN.items()]
    return found


def _changes(choices: list[tuple[tuple[str | int, ...], list[Value]]]) -> st.SearchStrategy[list[Change]]:
    one = st.sampled_from(choices).flatmap(lambda choice: st.tuples(st.just(choice[0]), st.sampled_from(choice[1])))
    return st.lists(one, max_size=5)


def _container(name: str, *, restricted: bool, windows: bool) -> Properties:
    settings: Properties = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    own: Properties = {"securityContext": settings} if restricted and not windows else {}
    return {"name": name, "image": "registry.k8s.io/pause:3.10", **own}


def _pod(*, restricted: bool, windows: bool) -> Properties:
    linux: Properties = {} if windows else {"seccompProfile": {"type": "RuntimeDefault"}}
    security: Properties = {"runAsNonRoot": True, **linux} if restricted else {}
    spec: Properties = {
        key: [_container(name, restricted=restricted, windows=windows) for name in names]
        for key, names in _NAMES.items()
    }
    system: Properties = {"os": {"name": "windows"}} if windows else {}
    metadata: Properties = {"name": "it"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**spec, **system, "securityContext": security},
    }


_BASES: Final = (
    _pod(restricted=True, windows=False),
    _pod(restricted=False, windows=False),
    _pod(restricted=True, windows=True),
)


_OF_A_POD: Final = _changes(_choices())
_OF_A_CONTAINER: Final = _changes([(("securityContext", key), values) for key, values in _SECURITY.items()])


@st.composite
def pods(draw: st.DrawFn) -> Properties:
    """A pod; the fewer its changes, the simpler."""
    pod: Value = draw(st.sampled_from(_BASES))
    for path, value in draw(_OF_A_POD):
        pod = _set(pod, path, value)
    return cast("Properties", pod)


@st.composite
def ephemeral_containers(draw: st.DrawFn) -> Properties:
    """A container to look into a running pod with."""
    container: Value = _container("debug", restricted=True, windows=False)
    for path, value in draw(_OF_A_CONTAINER):
        container = _set(container, path, value)
    return cast("Properties", container)


def _set(holder: Value, path: Sequence[str | int], value: Value) -> Value:
    """A copy with a field set; None takes it away."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        items = list(cast("Sequence[Value]", holder))
        return [_set(item, rest, value) if index == key else item for index, item in enumerate(items)]
    own = dict(cast("Mapping[str, Value]", holder or {}))
    changed = _set(own.get(key), rest, value)
    if changed is None:
        return {name: item for name, item in own.items() if name != key}
    return {**own, key: changed}
