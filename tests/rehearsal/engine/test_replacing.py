"""Which changes replace an object, and in which order the old and the new one go and come."""

from __future__ import annotations

import pytest

from tests.rehearsal.rig import Rig

ROLE_BINDING = """
k8s.rbac.v1.RoleBinding(
    "binding",
    metadata=meta("binding"),
    subjects=[{{"kind": "Group", "name": "people", "apiGroup": "rbac.authorization.k8s.io"}}],
    role_ref={{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "{role}"}},
    opts=on(),
)
"""
JOB = """
Job("job", metadata=meta("job"), spec={{"template": pods("{tag}", restart_policy="Never")}}, opts=on())
"""
SERVICE = """
Service("service", metadata=meta("service"), spec={{{ip}"ports": [{{"port": 80, "targetPort": {port}}}]}}, opts=on())
"""


def test_another_role_replaces_a_role_binding_and_other_subjects_do_not(rig: Rig) -> None:
    rig.brought_up(ROLE_BINDING.format(role="reader"))
    first = rig.uid("RoleBinding", "binding", "rbac.authorization.k8s.io/v1")
    subjects = rig.brought_up(ROLE_BINDING.format(role="reader").replace("people", "others"))
    assert subjects.ops == {"binding": "update"}
    outcome = rig.brought_up(ROLE_BINDING.format(role="writer"))
    assert outcome.planned == outcome.ops == {"binding": "replace"}
    assert "roleRef.name: reader → writer (forces replacement)" in outcome.text
    assert rig.uid("RoleBinding", "binding", "rbac.authorization.k8s.io/v1") != first


def test_another_template_replaces_a_job(rig: Rig) -> None:
    rig.brought_up(JOB.format(tag="v1"))
    first = rig.uid("Job", "job", "batch/v1")
    outcome = rig.brought_up(JOB.format(tag="v2"))
    assert outcome.ops == {"job": "replace"}
    assert rig.uid("Job", "job", "batch/v1") != first


def test_a_services_cluster_ip_replaces_it_and_its_ports_do_not(rig: Rig) -> None:
    rig.brought_up(SERVICE.format(ip="", port=80))
    assert rig.brought_up(SERVICE.format(ip="", port=81)).ops == {"service": "update"}
    assert rig.brought_up(SERVICE.format(ip='"cluster_ip": "None", ', port=81)).ops == {"service": "replace"}


def test_another_name_makes_the_new_object_before_the_old_one_goes(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "v"}, {"name": "old"})')
    outcome = rig.brought_up('config_map("a", {"k": "v"}, {"name": "new"})')
    assert outcome.ops == {"a": "delete"}
    assert [(step.op, step.name) for step in outcome.results[-1].changes] == [("replace", "a"), ("delete", "a")]
    assert rig.names("ConfigMap") == {"new"}
    assert rig.up().ops == {}


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_changes_in_place_only_where_the_provider_says_so(rig: Rig, kind: str) -> None:
    field = "data" if kind == "ConfigMap" else "string_data"
    text = f'{kind}("a", metadata=meta("a"), {field}={{"k": "%s"}}%s, opts=%s)'
    rig.brought_up(text % ("1", "", "on()"))
    first = rig.uid(kind, "a")
    assert rig.brought_up(text % ("2", "", "on()")).ops == {"a": "update"}
    assert rig.uid(kind, "a") == first
    rig.brought_up(text % ("2", ", immutable=True", "on()"))
    assert rig.brought_up(text % ("3", ", immutable=True", "on()")).ops == {"a": "replace"}
    assert rig.uid(kind, "a") != first


def test_data_replaces_by_default(rig: Rig) -> None:
    text = 'p = k8s.Provider("plain")\nConfigMap("a", metadata=meta("a"), data={"k": "%s"}, opts=Options(provider=p))'
    rig.brought_up(text % "1")
    first = rig.uid("ConfigMap", "a")
    assert rig.brought_up(text % "2").ops == {"a": "replace"}
    assert rig.uid("ConfigMap", "a") != first
    assert rig.data("a") == {"k": "2"}


def test_a_replacement_that_cannot_be_made_keeps_the_old_object(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "v"}, {"name": "old"})')
    rig.make("ConfigMap", "taken")
    text = rig.refused('config_map("a", {"k": "v"}, {"name": "taken"})')
    assert "already exists" in text
    assert rig.names("ConfigMap") == {"old", "taken"}
    back = rig.brought_up('config_map("a", {"k": "v"}, {"name": "old"})')
    assert back.ops == {}, back.text
    assert rig.names("ConfigMap") == {"old", "taken"}
    rig.remove("ConfigMap", "taken")
    rig.brought_up('config_map("a", {"k": "v"}, {"name": "taken"})')
    assert rig.names("ConfigMap") == {"taken"}


def test_delete_before_replace_is_carried_out_where_it_is_asked_for(rig: Rig) -> None:
    text = 'config_map("a", {"k": "v"}, {"name": "%s"}, delete_before_replace=True)'
    rig.brought_up(text % "old")
    outcome = rig.brought_up(text % "new")
    assert [(step.op, step.name) for step in outcome.results[-1].changes] == [("replace", "a")]
    assert rig.names("ConfigMap") == {"new"}


def test_an_object_without_a_name_gets_one_and_keeps_it(rig: Rig) -> None:
    text = 'ConfigMap("auto", metadata={"namespace": NS}, data={"k": "%s"}, opts=on())\nconfig_map("b", {"k": "%s"})'
    rig.brought_up(text % ("1", "1"))
    (name,) = rig.names("ConfigMap") - {"b"}
    assert name.startswith("auto-")
    assert rig.brought_up(text % ("1", "2")).ops == {"b": "update"}
    assert rig.brought_up(text % ("2", "2")).ops == {"auto": "update"}
    assert rig.data(name) == {"k": "2"}


def test_a_replaced_object_without_a_name_is_made_anew(rig: Rig) -> None:
    text = 'ConfigMap("auto", metadata={"namespace": NS}, data={"k": "%s"}, immutable=True, opts=on())'
    rig.brought_up(text % "1")
    assert rig.brought_up(text % "2").ops == {"auto": "replace"}
    (name,) = rig.names("ConfigMap")
    assert rig.data(name) == {"k": "2"}
    assert rig.up().ops == {}
