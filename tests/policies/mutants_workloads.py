"""Pods and their images: one thing broken in the real stacks for each rule of the area."""

from __future__ import annotations

from typing import Final

from rehearsal.engine.wire import Value
from tests.policies.judging import IMAGE, resource
from tests.policies.mutation import Mutant, add, both, edit, edit_chart, edit_release

_DIGEST: Final = IMAGE.rpartition("@")[2]
_PAGE: Final = "ghcr.io/nginx/nginx-unprivileged"
_DEPLOYMENT: Final = "stratmaster-maintenance"
_TEMPLATE: Final = "spec.template"
_POD: Final = f"{_TEMPLATE}.spec"
_CONTAINER: Final = f"{_POD}.containers[0]"
_PROCESS: Final = f"{_CONTAINER}.securityContext"
_UNCONFINED: Final[Value] = {"type": "Unconfined"}


def _page(rule: str, path: str, value: Value, *also: str) -> Mutant:
    """The maintenance page, with a field set."""
    return Mutant(rule=rule, stack="traffic", change=edit("Deployment", _DEPLOYMENT, path, value), also=also)


def _chart(rule: str, file: str, old: str, new: str, *also: str) -> Mutant:
    """The API and its services, from a chart with a line changed."""
    return Mutant(rule=rule, stack="blue", change=edit_chart(f"templates/{file}", old, new), also=also)


_HOST: Final = (
    _page("pod-not-privileged", f"{_PROCESS}.privileged", value=True),
    _chart("pod-not-privileged", "_container.tpl", "privileged: false", "privileged: true"),
    _page("pod-no-host-namespaces", f"{_POD}.hostPID", value=True),
    _chart("pod-no-host-namespaces", "_pod.tpl", "enableServiceLinks: false", "hostNetwork: true"),
    _page("pod-no-host-path", f"{_POD}.volumes[1]", {"name": "tmp", "hostPath": {"path": "/run"}}),
    _page("pod-no-host-ports", f"{_CONTAINER}.ports[0].hostPort", 8080),
    _page("pod-no-probe-hosts", f"{_CONTAINER}.readinessProbe.httpGet.host", "169.254.169.254"),
    _page("pod-no-host-process", f"{_POD}.securityContext.windowsOptions", {"hostProcess": True}),
)

_KERNEL: Final = (
    _page("pod-default-capabilities", f"{_PROCESS}.capabilities.add", ["SYS_ADMIN"]),
    _page("pod-seccomp-confined", f"{_POD}.securityContext.seccompProfile", _UNCONFINED),
    _page("pod-apparmor-confined", f"{_PROCESS}.appArmorProfile", _UNCONFINED),
    _page(
        "pod-apparmor-confined",
        f"{_TEMPLATE}.metadata.annotations",
        {"container.apparmor.security.beta.kubernetes.io/page": "unconfined"},
    ),
    _page("pod-selinux-confined", f"{_POD}.securityContext.seLinuxOptions", {"type": "spc_t"}),
    _page("pod-proc-mount-masked", f"{_PROCESS}.procMount", "Unmasked"),
    _page("pod-safe-sysctls", f"{_POD}.securityContext.sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
)

_RESTRICTED: Final = (
    _page("pod-no-privilege-escalation", f"{_PROCESS}.allowPrivilegeEscalation", None),
    _chart(
        "pod-no-privilege-escalation",
        "_container.tpl",
        "allowPrivilegeEscalation: false",
        "allowPrivilegeEscalation: true",
    ),
    _page("pod-capabilities-dropped", f"{_PROCESS}.capabilities.drop", ["NET_RAW"]),
    _page("pod-capabilities-dropped", f"{_PROCESS}.capabilities.add", ["CHOWN"]),
    _chart("pod-run-as-non-root", "_container.tpl", "runAsNonRoot: true", "runAsNonRoot: false"),
    _page("pod-run-as-non-root", f"{_POD}.securityContext.runAsNonRoot", value=False),
    _page("pod-run-as-user", f"{_POD}.securityContext.runAsUser", 0),
    _page("pod-seccomp-set", f"{_POD}.securityContext.seccompProfile", None),
    _page("pod-volume-types", f"{_POD}.volumes[1]", {"name": "tmp", "nfs": {"server": "files", "path": "/"}}),
    Mutant(
        rule="pod-proc-mount-default",
        stack="traffic",
        change=both(
            edit("Deployment", _DEPLOYMENT, f"{_POD}.hostUsers", value=False),
            edit("Deployment", _DEPLOYMENT, f"{_PROCESS}.procMount", "Unmasked"),
        ),
    ),
)

_CONTAINERS: Final = (
    _page("container-read-only-root", f"{_PROCESS}.readOnlyRootFilesystem", None),
    _page("container-resources", f"{_CONTAINER}.resources.limits", {"cpu": "1"}),
    _page("container-resources", f"{_CONTAINER}.resources.requests.cpu", "0"),
    _chart("container-resources", "_container.tpl", "{{- toYaml .workload.resources | nindent 2 }}", "{}"),
    _page("probe-readiness", f"{_CONTAINER}.readinessProbe", None),
    _page("probe-liveness", f"{_CONTAINER}.livenessProbe", {"periodSeconds": 10}),
    _chart(
        "probe-patience",
        "_container.tpl",
        "periodSeconds: 10\n  timeoutSeconds: 5\n  failureThreshold: 3",
        "failureThreshold: 1",
    ),
    Mutant(
        rule="volume-no-host-path",
        stack="blue",
        change=add(
            resource(
                "kubernetes:core/v1:PersistentVolume",
                inputs={"kind": "PersistentVolume", "metadata": {"name": "d"}, "spec": {"hostPath": {"path": "/"}}},
                protect=True,
            )
        ),
        also=("provider-pinned-cluster",),  # what a mutant adds has no provider
    ),
)

_ACCOUNTS: Final = (
    _page("pod-no-api-token", f"{_POD}.automountServiceAccountToken", None),
    _chart(
        "pod-no-api-token",
        "_pod.tpl",
        "automountServiceAccountToken: false",
        "automountServiceAccountToken: true",
    ),
    Mutant(
        rule="service-account-no-token",
        stack="blue",
        change=edit("ServiceAccount", "", "automountServiceAccountToken", value=True),
    ),
    _page("pod-service-account", f"{_POD}.serviceAccountName", None),
    _page("pod-service-account", f"{_POD}.serviceAccountName", "default"),
    Mutant(rule="pod-service-account-exists", stack="green", change=edit_release("serviceAccount", "nobody")),
    Mutant(
        rule="pod-service-account-exists",
        stack="blue",
        change=edit("ServiceAccount", "", "metadata.namespace", "stratmaster-green"),
    ),
    Mutant(
        rule="service-account-default-unbound",
        stack="blue",
        change=edit("RoleBinding", "stratmaster-ci", "subjects[0]", {"kind": "ServiceAccount", "name": "default"}),
    ),
)

_LOOSE: Final = ("image-digest",)  # an image with a name alone lacks both

_IMAGES: Final = (
    _page("image-tag", f"{_CONTAINER}.image", f"{_PAGE}:latest@{_DIGEST}"),
    _page("image-tag", f"{_CONTAINER}.image", f"{_PAGE}@{_DIGEST}"),
    _page("image-digest", f"{_CONTAINER}.image", f"{_PAGE}:1.30.5-alpine"),
    _chart(
        "image-tag",
        "_container.tpl",
        'include "stratmaster.image" .workload.image',
        'print "ghcr.io/iamjonobo/x"',
        *_LOOSE,
    ),
    _page("image-registry", f"{_CONTAINER}.image", f"docker.io/nginx/nginx-unprivileged:1.30.5-alpine@{_DIGEST}"),
    Mutant(
        rule="image-registry",
        stack="green",
        change=edit_release("image.repository", "ghcr.io/somebody/stratmaster-api"),
    ),
)

MUTANTS: Final[tuple[Mutant, ...]] = (*_HOST, *_KERNEL, *_RESTRICTED, *_CONTAINERS, *_ACCOUNTS, *_IMAGES)
