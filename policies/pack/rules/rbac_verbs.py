"""What a Role or a ClusterRole may give, wherever it stands and whoever aggregates it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from ..model.objects import objects
from ..model.record import Rule, per
from ..model.resource import Resource
from ..model.values import Field, Finding, each
from .joins import of_group

GROUP: Final = "rbac.authorization.k8s.io"
WORKLOADS: Final = {
    "": ("pods", "podtemplates", "replicationcontrollers"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "batch": ("cronjobs", "jobs"),
}
_WRITE: Final = ("create", "update", "patch", "delete", "deletecollection")
_ANY: Final = ()


@dataclass(frozen=True, kw_only=True)
class Power:
    """Verbs (any, where none is named) on resources of a group, and what they amount to."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    means: str


roles: Final = objects("Role", "ClusterRole").where(lambda role: of_group(role, GROUP))
"""The Roles and ClusterRoles in a resource."""


def _given(rule: Field, powers: Iterable[Power]) -> Iterator[Power]:
    """Those of some powers that one of a role's rules gives, wildcards counted for all that they match."""
    groups, resources, verbs = (set(rule.child(key).texts()) for key in ("apiGroups", "resources", "verbs"))
    for power in powers:
        if (
            not groups.isdisjoint(("*", power.group))
            and bool(verbs & {"*", *power.verbs} if power.verbs else verbs)
            and any(_matches(own, resource) for own in resources for resource in power.resources)
        ):
            yield power


def _matches(own: str, resource: str) -> bool:
    """Whether a resource of a role is, or holds, another: `*` all, `*/exec` and `pods/*` the subresource pods/exec."""
    owner, _, part = resource.partition("/")
    return own in {"*", resource} or (bool(part) and own in {f"*/{part}", f"{owner}/*"})


def _of_rules(check: Callable[[Field], Iterable[Finding]]) -> Callable[[Resource], Iterator[Finding]]:
    return per(roles, lambda role: each(role.root.child("rules").elements(), check))


def _powers(powers: Iterable[Power], rule: Field) -> Iterator[Finding]:
    for power in _given(rule, powers):
        yield rule.finding(f"lets whoever has it {power.means}")


def _wildcards(rule: Field) -> Iterator[Finding]:
    for key in ("apiGroups", "resources", "verbs", "nonResourceURLs"):
        for item in rule.child(key).elements():
            if "*" in (item.text() or ""):
                yield item.finding("is a wildcard")


def _escalation(rule: Field) -> Iterator[Finding]:
    for verb in rule.child("verbs").elements():
        if verb.text() in {"escalate", "bind", "impersonate"}:
            yield verb.finding("lets whoever has it become somebody else, or give what they don't have")
    yield from _powers(_MANAGING_ACCESS, rule)


def _secrets(rule: Field) -> Iterator[Finding]:
    if any(_given(rule, (_SECRETS,))) and not rule.child("resourceNames").texts():
        yield rule.finding("reads every Secret: it has no resourceNames")


_MANAGING_ACCESS: Final = (
    Power(
        group=GROUP,
        resources=("roles", "rolebindings", "clusterroles", "clusterrolebindings"),
        verbs=_WRITE,
        means="change who may do what",
    ),
)
_SECRETS: Final = Power(
    group="",
    resources=("secrets",),
    # An update and a patch answer with the whole object.
    verbs=("get", "list", "watch", "update", "patch"),
    means="read Secrets",
)
_INTO_PODS: Final = (
    Power(
        group="",
        resources=("pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy"),
        verbs=_ANY,
        means="get into running pods",
    ),
    Power(
        group="",
        resources=("pods/ephemeralcontainers",),
        verbs=("update", "patch"),
        means="run a container in a running pod",
    ),
)
_RUNNING: Final = tuple(
    Power(group=group, resources=resources, verbs=("create",), means="run any pod, with any Secret in it")
    for group, resources in WORKLOADS.items()
)
_CLUSTER: Final = (
    Power(group="", resources=("persistentvolumes",), verbs=("create",), means="mount any folder of a node"),
    Power(group="", resources=("serviceaccounts/token",), verbs=("create",), means="act as any service account"),
    Power(group="", resources=("nodes/proxy",), verbs=_ANY, means="talk to the kubelet behind everybody's back"),
    Power(group="", resources=("namespaces",), verbs=("update", "patch"), means="take Pod Security off a namespace"),
    Power(
        group="certificates.k8s.io",
        resources=("certificatesigningrequests/approval", "signers"),
        verbs=("update", "patch", "approve", "sign"),
        means="issue itself a client certificate for any name",
    ),
    Power(
        group="admissionregistration.k8s.io",
        resources=(
            *("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
            *("mutatingadmissionpolicies", "validatingadmissionpolicies"),
            *("mutatingadmissionpolicybindings", "validatingadmissionpolicybindings"),
        ),
        verbs=_WRITE,
        means="change or switch off what admission checks",
    ),
)

NO_WILDCARDS: Final = Rule(
    id="rbac-no-wildcards",
    title="No role names all verbs, resources, groups or URLs",
    severity="critical",
    frameworks=("CIS-5.1.3", "C-0187", "CKV_K8S_49", "KSV-0044", "KSV-0045", "KSV-0046", "KSV-0112"),
    why="A wildcard gives what exists today and whatever an operator installs tomorrow.",
    mend="List the verbs, resources and groups that are used.",
    check=_of_rules(_wildcards),
)
NO_ESCALATION: Final = Rule(
    id="rbac-no-escalation",
    title="No role lets its holders give themselves more",
    severity="critical",
    frameworks=(
        *("CIS-5.1.8", "C-0191", "C-0065", "CKV_K8S_157", "CKV_K8S_158", "KSV-0043"),
        *("KSV-0050", "KSV-0051", "KSV-0052"),
    ),
    why="Who may escalate, bind, impersonate or write roles has every right of the cluster, one request later.",
    mend="Take escalate, bind, impersonate and writes on roles and bindings out; who deploys has cluster admin anyway.",
    check=_of_rules(_escalation),
)
NO_SECRETS: Final = Rule(
    id="rbac-no-secrets",
    title="No role reads Secrets that it doesn't name",
    severity="critical",
    frameworks=("CIS-5.1.2", "C-0015", "C-0186", "KSV-0041", "KSV-0113"),
    why="Helm's releases, service accounts' tokens and every password of a namespace are Secrets.",
    mend="Name the Secrets in resourceNames, or mount them into the pod that needs them.",
    check=_of_rules(_secrets),
)
NOT_INTO_PODS: Final = Rule(
    id="rbac-not-into-pods",
    title="No role gets into running pods",
    severity="high",
    frameworks=("C-0002", "C-0063", "KSV-0053", "KSV-0054"),
    why="A shell, a tunnel or a container in a pod has its Secrets and its place in the network.",
    mend="Take pods/exec, attach, portforward, proxy and ephemeralcontainers out; logs and metrics stay.",
    check=_of_rules(partial(_powers, _INTO_PODS)),
)
NOT_RUNNING: Final = Rule(
    id="rbac-not-running-pods",
    title="No role runs pods of its own",
    severity="high",
    frameworks=("CIS-5.1.4", "C-0188", "KSV-0048"),
    why="Who creates a pod reads every Secret of its namespace and acts as any of its service accounts.",
    mend="Take `create` on pods and on what makes them out; what runs is declared here and deployed by `pulumi up`.",
    check=_of_rules(partial(_powers, _RUNNING)),
)
NO_CLUSTER_CONTROL: Final = Rule(
    id="rbac-no-cluster-control",
    title="No role takes hold of nodes, tokens, certificates or admission",
    severity="high",
    frameworks=(
        *("CIS-5.1.9", "CIS-5.1.10", "CIS-5.1.11", "CIS-5.1.12", "CIS-5.1.13", "C-0278", "C-0279", "C-0280"),
        *("C-0281", "C-0282", "CKV_K8S_155", "CKV_K8S_156", "KSV-0047", "KSV-0114"),
    ),
    why="Each of these goes around every other check of the cluster.",
    mend="Take the right out, or give it to a controller of the platform outside this program.",
    check=_of_rules(partial(_powers, _CLUSTER)),
)

RULES: Final = (NO_WILDCARDS, NO_ESCALATION, NO_SECRETS, NOT_INTO_PODS, NOT_RUNNING, NO_CLUSTER_CONTROL)
