"""Who is given which role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ..model.kinds import CLUSTER_SCOPED
from ..model.objects import Object, objects
from ..model.record import Rule, StackRule, per
from ..model.resource import Resource
from ..model.stack import Stack
from ..model.values import Field, Finding, each
from .joins import named, of_group, readable
from .rbac_verbs import GROUP, roles

ADMINISTRATORS: Final = frozenset({"cluster-admin", "admin", "edit"})
"""Kubernetes' own roles that read Secrets and run pods; each is made of every role labelled for it."""
HARMLESS: Final = frozenset(
    {
        ("ClusterRole", "view"),
        ("ClusterRole", "system:auth-delegator"),
        ("ClusterRole", "system:basic-user"),
        ("ClusterRole", "system:discovery"),
        ("ClusterRole", "system:public-info-viewer"),
        ("Role", "extension-apiserver-authentication-reader"),
    }
)
"""Kubernetes' own roles that read no Secret and change nothing."""
EVERYBODY: Final = frozenset(
    {
        "system:anonymous",
        "system:authenticated",
        "system:masters",
        "system:serviceaccounts",
        "system:unauthenticated",
    }
)
"""Whoever reaches the API server, every pod of the cluster, and the one group that no authorizer is asked about."""
_AGGREGATED: Final = "rbac.authorization.k8s.io/aggregate-to-"


bindings: Final = objects("RoleBinding", "ClusterRoleBinding").where(lambda binding: of_group(binding, GROUP))
"""The RoleBindings and ClusterRoleBindings in a resource."""


def _per_subject(check: Callable[[Field], Iterable[Finding]]) -> Callable[[Resource], Iterator[Finding]]:
    return per(bindings, lambda binding: each(binding.root.child("subjects").elements(), check))


def _administrators(binding: Object) -> Iterator[Finding]:
    role = binding.root.child("roleRef")
    if role.child("kind").text() == "ClusterRole" and role.child("name").text() in ADMINISTRATORS:
        yield role.child("name").finding("is a role that reads Secrets and runs anything")


def _collecting(role: Object) -> Iterator[Finding]:
    selectors = role.root.at("aggregationRule", "clusterRoleSelectors")
    yield from each(selectors.elements(), _collected)


def _collected(selector: Field) -> Iterator[Finding]:
    wanted = selector.child("matchLabels").entries()
    if not wanted or selector.child("matchExpressions").elements():
        yield selector.finding("collects roles that nobody here can list")
    elif any(key.startswith(_AGGREGATED) for key in wanted):
        yield selector.finding("collects what Kubernetes' own administrators have")


def _everybody(subject: Field) -> Iterator[Finding]:
    if subject.child("name").text() in EVERYBODY:
        yield subject.child("name").finding("is everybody, or who is asked nothing")


def _known_roles(stack: Stack) -> Iterator[Finding]:
    known = {
        (role.kind, "" if role.kind in CLUSTER_SCOPED else namespace, name)
        for (namespace, name), role in readable(stack.objects("Role", "ClusterRole"))
    }

    def check(binding: Object) -> Iterator[Finding]:
        reference = binding.root.child("roleRef")
        kind, name = reference.child("kind").text() or "", reference.child("name").text() or ""
        namespace = "" if kind in CLUSTER_SCOPED else named(binding)[0]
        if binding.patch and not reference.is_set:
            return
        if (kind, namespace, name) not in known and (kind, name) not in HARMLESS and name not in ADMINISTRATORS:
            yield reference.finding("is a role that this stack doesn't declare, so nobody can tell what it gives")

    bound = (each for each in stack.objects("RoleBinding", "ClusterRoleBinding") if of_group(each, GROUP))
    yield from per(lambda _: bound, check)(stack)


NO_ADMINISTRATORS: Final = Rule(
    id="rbac-no-administrators",
    title="Nobody is bound to Kubernetes' own administrators' roles",
    severity="critical",
    frameworks=("CIS-5.1.1", "C-0035", "C-0185", "C-0272", "KSV-0111"),
    why="cluster-admin, admin and edit read Secrets and run pods; one stolen token would be the whole environment.",
    mend="Bind a Role that lists what is needed, as components/rbac.py does.",
    check=per(bindings, _administrators),
)
NO_COLLECTING: Final = Rule(
    id="rbac-no-open-aggregation",
    title="No role collects roles that nobody here can list",
    severity="high",
    frameworks=("CIS-5.1.1",),
    why="An aggregated role grows with whatever anybody labels later: what was reviewed isn't what it gives.",
    mend="List the rules, or select by a label of your own that only roles of this stack carry.",
    check=per(roles.where(lambda role: role.kind == "ClusterRole"), _collecting),
)
NOT_EVERYBODY: Final = Rule(
    id="rbac-not-everybody",
    title="No role is given to everybody",
    severity="critical",
    frameworks=("CIS-5.1.7", "C-0246", "C-0262", "C-0265", "KSV-0122", "KSV-0123"),
    why="Anonymous callers and every pod's token are in these groups; system:masters can't even be taken away.",
    mend="Name the group, user or service account that needs the role.",
    check=_per_subject(_everybody),
)
KNOWN_ROLES: Final = StackRule(
    id="rbac-known-roles",
    title="Every binding names a role that the same stack declares",
    severity="high",
    why="What a role of somewhere else gives isn't in this review, and changes without one.",
    mend="Declare the role beside its binding; of Kubernetes' own, `view` and the discovery roles may be bound.",
    check=_known_roles,
)

RULES: Final = (NO_ADMINISTRATORS, NO_COLLECTING, NOT_EVERYBODY, KNOWN_ROLES)
