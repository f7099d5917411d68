"""Who may do what: one thing broken in the real stacks for each rule of the area."""

from __future__ import annotations

from typing import Final

from rehearsal.engine.wire import Properties, Value
from tests.policies.judging import resource
from tests.policies.mutation import Mutant, add, both, drop, edit

_RBAC: Final = "rbac.authorization.k8s.io"
_UNPINNED: Final = "provider-pinned-cluster"
"""Also says so: what a mutant adds has no provider."""


def _role_with(**rule: Value) -> Properties:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "stratmaster-more", "labels": {"app.kubernetes.io/name": "stratmaster"}},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], **rule}],
    }


def _adding(rule: str, *also: str, **of_role: Value) -> Mutant:
    declared = resource(f"kubernetes:{_RBAC}/v1:ClusterRole", inputs=_role_with(**of_role), name="more")
    return Mutant(rule=rule, stack="production", change=add(declared), also=(*also, _UNPINNED))


MUTANTS: Final[tuple[Mutant, ...]] = (
    _adding("rbac-no-wildcards", resources=["pods/*"], verbs=["get"], apiGroups=["metrics.k8s.io"]),
    Mutant(
        rule="rbac-no-wildcards",
        stack="green",
        change=edit("Role", "stratmaster-reader", "rules[2].verbs", ["*"]),
        also=("rbac-guarded-writes",),  # all verbs write too
    ),
    _adding("rbac-no-escalation", apiGroups=[_RBAC], resources=["clusterroles"], verbs=["bind"]),
    _adding("rbac-no-escalation", resources=["serviceaccounts"], verbs=["impersonate"]),
    Mutant(
        rule="rbac-no-escalation",
        stack="blue",
        change=edit(
            "Role", "stratmaster-ci", "rules[0]", {"apiGroups": [_RBAC], "resources": ["roles"], "verbs": ["create"]}
        ),
    ),
    _adding("rbac-no-secrets", resources=["secrets"], verbs=["list"]),
    _adding("rbac-not-into-pods", resources=["pods/exec"], verbs=["create"]),
    _adding("rbac-not-running-pods", apiGroups=["batch"], resources=["cronjobs"], verbs=["create"]),
    _adding("rbac-no-cluster-control", resources=["nodes/proxy"]),
    Mutant(
        rule="rbac-no-administrators",
        stack="blue",
        change=edit("RoleBinding", "stratmaster-reader", "roleRef", {"kind": "ClusterRole", "name": "edit"}),
    ),
    Mutant(
        rule="rbac-no-open-aggregation",
        stack="production",
        change=add(
            resource(
                f"kubernetes:{_RBAC}/v1:ClusterRole",
                inputs={**_role_with(), "aggregationRule": {"clusterRoleSelectors": [{}]}},
            )
        ),
        also=(_UNPINNED,),
    ),
    Mutant(
        rule="rbac-not-everybody",
        stack="dev",
        change=edit("RoleBinding", "stratmaster-reader", "subjects[0].name", "system:authenticated"),
    ),
    Mutant(rule="rbac-known-roles", stack="blue", change=drop("Role", "stratmaster-reader")),
    Mutant(
        rule="rbac-known-roles",
        stack="blue",
        change=edit("RoleBinding", "stratmaster-reader", "roleRef.name", "stratmaster-cleaner"),
    ),
    Mutant(
        rule="rbac-guarded-writes",
        stack="blue",
        change=drop("ValidatingAdmissionPolicyBinding", "stratmaster-blue-restart-only"),
    ),
    Mutant(
        rule="rbac-guarded-writes",
        stack="production",
        change=edit("ValidatingAdmissionPolicy", "stratmaster-production-preview-only", "spec.failurePolicy", "Ignore"),
    ),
    Mutant(
        rule="rbac-guarded-writes",
        stack="green",
        change=edit("RoleBinding", "stratmaster-operator", "subjects[0].name", "stratmaster:interns"),
    ),
    Mutant(
        rule="rbac-guarded-writes",
        stack="green",
        change=both(
            drop("ValidatingAdmissionPolicyBinding", "access-ci-guard-binding"),
            drop("ValidatingAdmissionPolicy", "access-ci-guard-policy"),
        ),
    ),
)
