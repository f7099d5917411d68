"""Who may do what: roles, bindings, and what narrows them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, resource

GROUP = "rbac.authorization.k8s.io"
TYPE = f"kubernetes:{GROUP}/v1"
LOOK: Properties = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}

BAD: list[tuple[str, Properties]] = [
    ("rbac-no-wildcards", {"verbs": ["get", "*"]}),
    ("rbac-no-wildcards", {"resources": ["pods/*"]}),
    ("rbac-no-wildcards", {"apiGroups": ["*"]}),
    ("rbac-no-wildcards", {"nonResourceURLs": ["/logs/*"]}),
    ("rbac-no-escalation", {"verbs": ["impersonate"]}),
    ("rbac-no-escalation", {"apiGroups": [GROUP], "resources": ["roles"], "verbs": ["escalate"]}),
    ("rbac-no-escalation", {"apiGroups": [GROUP], "resources": ["rolebindings"], "verbs": ["create"]}),
    ("rbac-no-secrets", {"resources": ["pods", "secrets"]}),
    ("rbac-no-secrets", {"resources": ["secrets"], "verbs": ["patch"]}),
    ("rbac-no-secrets", {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}),
    ("rbac-no-secrets", {"resources": ["secrets"], "resourceNames": []}),
    ("rbac-not-into-pods", {"resources": ["pods/exec"]}),
    ("rbac-not-into-pods", {"resources": ["*/portforward"]}),
    ("rbac-not-into-pods", {"resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]}),
    ("rbac-not-running-pods", {"resources": ["pods"], "verbs": ["create"]}),
    ("rbac-not-running-pods", {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["create"]}),
    ("rbac-no-cluster-control", {"resources": ["serviceaccounts/token"], "verbs": ["create"]}),
    ("rbac-no-cluster-control", {"resources": ["namespaces"], "verbs": ["update"]}),
    (
        "rbac-no-cluster-control",
        {"apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "verbs": ["approve"]},
    ),
    (
        "rbac-no-cluster-control",
        {
            "apiGroups": ["admissionregistration.k8s.io"],
            "resources": ["validatingadmissionpolicybindings"],
            "verbs": ["delete"],
        },
    ),
]
OF_ROLES = sorted({rule for rule, _ in BAD})


def role(*rules: Value, kind: str = "Role") -> Properties:
    metadata: Properties = {"name": "it", "namespace": "stratmaster-blue"}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata, "rules": list(rules)}


def binding(name: str = "it", **subject: Value) -> Properties:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "it", "namespace": "stratmaster-blue"},
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": name},
        "subjects": [{"kind": "Group", "name": "stratmaster:readers", **subject}],
    }


@pytest.mark.parametrize("kind", ["Role", "ClusterRole", "RolePatch", "RoleList"])
@pytest.mark.parametrize(("rule", "bad"), BAD)
def test_a_role_that_gives_too_much_is_refused_wherever_it_stands(
    production: Pack, rule: str, bad: Mapping[str, Value], kind: str
) -> None:
    declared = role(LOOK, {**LOOK, **bad}, kind=kind.removesuffix("Patch").removesuffix("List"))
    inputs: Properties = {"kind": kind, "items": [declared]} if kind == "RoleList" else declared
    found = production.findings(rule, f"{TYPE}:{kind}", inputs)
    assert found
    assert all("rules[1]" in each for each in found)


@pytest.mark.parametrize("rule", OF_ROLES)
def test_looking_at_pods_and_reading_a_named_secret_is_allowed(production: Pack, rule: str) -> None:
    named: Properties = {**LOOK, "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["stratmaster-tls"]}
    assert production.findings(rule, f"{TYPE}:Role", role(LOOK, named)) == []


@pytest.mark.parametrize("key", ["apiGroups", "resources", "verbs"])
@pytest.mark.parametrize("rule", sorted({*OF_ROLES} - {"rbac-no-wildcards", "rbac-no-escalation"}))
def test_what_a_role_gives_must_be_known_and_hides_nothing_beside_it(production: Pack, rule: str, key: str) -> None:
    bad = next(own for name, own in BAD if name == rule)
    unknown = {**LOOK, "verbs": ["get"], key: [UNKNOWN]}
    found = production.findings(rule, f"{TYPE}:Role", role(unknown, {**LOOK, **bad}))
    assert any(each.startswith(f"rules[0].{key}[0] is unknown") for each in found)
    assert any(each.startswith("rules[1]") for each in found)


@pytest.mark.parametrize("rule", ["rbac-no-wildcards", "rbac-no-escalation"])
def test_an_unknown_verb_or_an_unknown_list_of_rules_may_be_any(production: Pack, rule: str) -> None:
    assert production.findings(rule, f"{TYPE}:Role", role({**LOOK, "verbs": UNKNOWN}))
    assert production.findings(rule, f"{TYPE}:Role", {**role(), "rules": UNKNOWN})


@pytest.mark.parametrize("name", ["cluster-admin", "admin", "edit", UNKNOWN])
def test_binding_an_administrators_role_is_refused(production: Pack, name: Value) -> None:
    inputs = {**binding(), "roleRef": {"kind": "ClusterRole", "name": name}}
    assert production.findings("rbac-no-administrators", f"{TYPE}:RoleBinding", inputs)
    assert production.findings("rbac-no-administrators", f"{TYPE}:ClusterRoleBinding", inputs)


def test_a_role_of_ones_own_may_be_called_admin(production: Pack) -> None:
    assert production.findings("rbac-no-administrators", f"{TYPE}:RoleBinding", binding("admin")) == []


@pytest.mark.parametrize(
    "selector",
    [
        {},
        {"matchLabels": {"rbac.authorization.k8s.io/aggregate-to-admin": "true"}},
        {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]},
        {"matchLabels": UNKNOWN},
    ],
)
def test_an_aggregated_role_collects_only_by_a_label_of_its_own(production: Pack, selector: Value) -> None:
    def aggregated(own: Value) -> Properties:
        return {**role(kind="ClusterRole"), "aggregationRule": {"clusterRoleSelectors": [own]}}

    rule, good = "rbac-no-open-aggregation", {"matchLabels": {"stratmaster.com/part": "reader"}}
    assert production.findings(rule, f"{TYPE}:ClusterRole", aggregated(selector))
    assert production.findings(rule, f"{TYPE}:ClusterRole", aggregated(good)) == []


@pytest.mark.parametrize("name", ["system:anonymous", "system:authenticated", "system:masters", UNKNOWN])
def test_a_role_for_everybody_is_refused(production: Pack, name: Value) -> None:
    assert production.findings(
        "rbac-not-everybody", f"{TYPE}:RoleBinding", {**binding(), "subjects": [{"kind": "Group", "name": name}]}
    )
    assert production.findings("rbac-not-everybody", f"{TYPE}:RoleBinding", binding()) == []


def stack_says(rule: str, *declared: Resource) -> list[str]:
    return [each.sentence for each in Pack().stack(*declared) if each.rule == rule]


def of(inputs: Properties, name: str = "it") -> Resource:
    return resource(f"{TYPE}:{inputs['kind']}", inputs=inputs, name=name)


@pytest.mark.parametrize(
    ("reference", "refused"),
    [
        ({"kind": "Role", "name": "it"}, False),
        ({"kind": "ClusterRole", "name": "view"}, False),
        ({"kind": "Role", "name": "other"}, True),
        ({"kind": "ClusterRole", "name": "it"}, True),
        ({"kind": "ClusterRole", "name": UNKNOWN}, True),
    ],
)
def test_a_binding_names_a_role_of_its_own_stack_and_namespace(reference: Value, *, refused: bool) -> None:
    found = stack_says("rbac-known-roles", of(role(LOOK)), of({**binding(), "roleRef": reference}, "binding"))
    assert bool(found) is refused


def test_a_role_of_another_namespace_is_not_the_one_that_is_bound() -> None:
    elsewhere: Properties = {**role(LOOK), "metadata": {"name": "it", "namespace": "stratmaster-green"}}
    assert stack_says("rbac-known-roles", of(elsewhere), of(binding(), "binding"))


WRITING: Properties = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["patch"]}


def guard(**changes: Value) -> tuple[Resource, Resource]:
    """A policy that narrows what readers patch, with some of its spec changed, and its binding."""
    name_label = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["stratmaster-blue"]}
    rule: Properties = {"apiGroups": ["apps"], "resources": ["deployments"], "operations": ["UPDATE"]}
    spec: Properties = {
        "matchConstraints": {"namespaceSelector": {"matchExpressions": [name_label]}, "resourceRules": [rule]},
        "matchConditions": [
            {"name": "who", "expression": "request.userInfo.groups.exists(g, g in ['stratmaster:readers'])"}
        ],
        "validations": [{"expression": "request.dryRun"}],
        **changes,
    }
    group = "admissionregistration.k8s.io/v1"
    policy: Properties = {"kind": "ValidatingAdmissionPolicy", "metadata": {"name": "guard"}, "spec": spec}
    bound: Properties = {
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "guard"},
        "spec": {"policyName": "guard", "validationActions": ["Deny"]},
    }
    return (
        resource(f"kubernetes:{group}:ValidatingAdmissionPolicy", inputs=policy, name="policy"),
        resource(f"kubernetes:{group}:ValidatingAdmissionPolicyBinding", inputs=bound, name="policy-binding"),
    )


def test_a_group_that_may_write_needs_a_guard_that_covers_it() -> None:
    writing = (of(role(LOOK, WRITING)), of(binding(), "binding"))
    rule = "rbac-guarded-writes"
    assert stack_says(rule, *writing) == ["subjects[0] may write what no admission policy narrows to what is meant."]
    assert stack_says(rule, *writing, *guard()) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"failurePolicy": "Ignore"},
        {"validations": []},
        {"matchConditions": [{"name": "who", "expression": "'stratmaster:others' in request.userInfo.groups"}]},
        {"matchConditions": [{"name": "who", "expression": UNKNOWN}]},
        {
            "matchConstraints": {
                "resourceRules": [{"apiGroups": ["apps"], "resources": ["*"], "operations": ["CREATE"]}]
            }
        },
        {"matchConstraints": {"resourceRules": UNKNOWN}},
        {"matchConstraints": UNKNOWN},
    ],
)
def test_a_guard_that_lets_through_is_none(broken: Mapping[str, Value]) -> None:
    assert stack_says("rbac-guarded-writes", of(role(WRITING)), of(binding(), "binding"), *guard(**broken))


def test_a_guard_that_only_warns_is_none() -> None:
    policy, bound = guard()
    spec: Properties = {"policyName": "guard", "validationActions": ["Warn"]}
    warned = resource(bound.type, inputs={**bound.inputs, "spec": spec}, name="policy-binding")
    assert stack_says("rbac-guarded-writes", of(role(WRITING)), of(binding(), "binding"), policy, warned)


def test_a_controller_writes_without_a_guard() -> None:
    own = binding()
    own["subjects"] = [{"kind": "ServiceAccount", "name": "controller", "namespace": "stratmaster-blue"}]
    assert stack_says("rbac-guarded-writes", of(role(WRITING)), of(own, "binding")) == []
