"""What the roles say, and in which order they are bound. Whether they hold: `tests/network/test_on_a_cluster.py`."""

from __future__ import annotations

import json
from typing import cast

import pytest

from tests.network.declaring import GROUPS, Declared, Json, declare, items, mapping

BLUE = "stratmaster-blue"
ROLES = ("stratmaster-operator", "stratmaster-reader", "stratmaster-ci")
WRITING = {"create", "update", "patch", "delete", "deletecollection"}


@pytest.fixture(scope="module")
def declared() -> Declared:
    return declare(access=GROUPS)


def granted(declared: Declared, role: str) -> set[tuple[str, str, str]]:
    """A role as API group, resource and verb."""
    rules = json.loads(json.dumps(declared.one("Role", role, BLUE)["rules"]))
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_a_wildcard_a_secret_a_way_into_a_pod_or_to_more_rights(declared: Declared, role: str) -> None:
    for group, resource, verb in granted(declared, role):
        assert "*" not in {group, resource, verb}
        assert resource not in {"secrets", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token"}
        assert verb not in {"escalate", "bind", "impersonate", "update", "delete", "deletecollection"}


def test_a_reader_only_looks_and_not_at_logs(declared: Declared) -> None:
    reader = granted(declared, "stratmaster-reader")
    assert {verb for *_, verb in reader} == {"get", "list", "watch"}
    assert "pods/log" not in {resource for _, resource, _ in reader}


def test_an_operator_writes_nothing_but_a_patch_of_deployments(declared: Declared) -> None:
    written = {each for each in granted(declared, "stratmaster-operator") if each[-1] in WRITING}
    assert written == {("apps", "deployments", "patch")}


def test_ci_can_neither_run_a_pod_nor_gain_a_right_even_without_its_guard(declared: Declared) -> None:
    groups = {group for group, _, verb in granted(declared, "stratmaster-ci") if verb in WRITING}
    resources = {resource for _, resource, verb in granted(declared, "stratmaster-ci") if verb in WRITING}
    assert not groups & {"apps", "batch", "rbac.authorization.k8s.io", "admissionregistration.k8s.io", "policy"}
    assert not resources & {"pods", "serviceaccounts", "namespaces", "secrets", "replicationcontrollers"}


@pytest.mark.parametrize(("who", "purpose"), [("operator", "restart-only"), ("ci", "preview-only")])
def test_a_role_that_needs_a_guard_is_bound_after_it(declared: Declared, who: str, purpose: str) -> None:
    bound = [each for each in declared.recording.resources if each.name == f"blue-access-{who}-binding"]
    guards = [
        each.urn
        for each in declared.recording.resources
        if each.type.startswith("kubernetes:admissionregistration")
        and mapping(cast("Json", each.inputs["metadata"]))["name"] == f"{BLUE}-{purpose}"
    ]
    assert len(guards) == 2
    assert set(guards) <= set(bound[0].dependencies)


def test_a_guard_fails_closed(declared: Declared) -> None:
    policies = declared.of_kind("ValidatingAdmissionPolicy")
    assert len(policies) == 6
    assert {str(mapping(each["spec"])["failurePolicy"]) for each in policies} == {"Fail"}
    assert [
        mapping(each["spec"])["validationActions"] for each in declared.of_kind("ValidatingAdmissionPolicyBinding")
    ] == [["Deny"]] * 6


def test_roles_are_bound_to_the_groups_of_the_config_and_to_nobody_without() -> None:
    bound = {
        str(mapping(each["metadata"])["name"]): [subject["name"] for subject in items(each["subjects"])]
        for each in declare(access={"operators": [], "readers": ["a", "b"], "ci": []}).of_kind("RoleBinding", BLUE)
    }
    assert bound == {"stratmaster-reader": ["a", "b"]}


def test_a_groups_name_cannot_break_out_of_the_guards_expression() -> None:
    declared = declare(access={"operators": ["x'] || true || group in ['"], "readers": [], "ci": []})
    (policy, *_) = declared.of_kind("ValidatingAdmissionPolicy")
    expression = str(items(mapping(policy["spec"])["matchConditions"])[0]["expression"])
    assert expression == r"request.userInfo.groups.exists(group, group in ['x\'] || true || group in [\''])"


def test_the_service_account_has_no_token(declared: Declared) -> None:
    account = declared.one("ServiceAccount", "stratmaster-api", BLUE)
    assert account["automountServiceAccountToken"] is False
