"""Resource options: protect, retain_on_delete, ignore_changes, aliases, additional_secret_outputs, custom_timeouts."""

from __future__ import annotations

from tests.rehearsal.rig import Rig


def test_a_protected_resource_is_not_deleted_and_nothing_else_is_touched(rig: Rig) -> None:
    rig.brought_up('config_map("a", protect=True)\nconfig_map("b")')
    text = rig.refused("")
    assert "a can't be deleted because it is protected" in text
    assert rig.names("ConfigMap") == {"a", "b"}
    destroyed = rig.destroy()
    assert not destroyed.well
    assert rig.names("ConfigMap") == {"a", "b"}


def test_a_protected_resource_is_not_replaced_and_a_preview_says_so(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "1"}, {"name": "old"}, protect=True)\nconfig_map("b", {"k": "1"})')
    rig.program('config_map("a", {"k": "1"}, {"name": "new"}, protect=True)\nconfig_map("b", {"k": "2"})')
    outcome = rig.up()
    assert not outcome.well
    assert "a is protected and would be replaced (metadata.name)" in outcome.text
    assert len(outcome.results) == 1, "it has to stop at the preview"
    assert rig.names("ConfigMap") == {"old", "b"}
    assert rig.data("b") == {"k": "1"}


def test_taking_protection_away_is_an_update_of_its_own_that_lets_a_destroy_through(rig: Rig) -> None:
    rig.brought_up('config_map("a", protect=True)')
    rig.brought_up('config_map("a", protect=False)')
    assert rig.destroy().well
    assert rig.names("ConfigMap") == set()


def test_protection_is_inherited_from_a_component(rig: Rig) -> None:
    rig.brought_up('box = pulumi.ComponentResource("rig:index:Box", "box", None, on(protect=True))\n'
                   'config_map("a", parent=box)')  # fmt: skip
    assert "protected" in rig.refused("")


def test_what_is_retained_stays_in_the_cluster_and_leaves_the_state(rig: Rig) -> None:
    rig.brought_up('config_map("a", retain_on_delete=True)')
    assert rig.brought_up("").ops == {"a": "delete"}
    assert rig.names("ConfigMap") == {"a"}
    assert rig.up().ops == {}


def test_what_is_retained_outlives_a_destroy(rig: Rig) -> None:
    rig.brought_up('config_map("a", retain_on_delete=True)\nconfig_map("b")')
    assert rig.destroy().well
    assert rig.names("ConfigMap") == {"a"}


def test_ignored_fields_keep_what_they_had(rig: Rig) -> None:
    text = 'config_map("a", {{"k": "{}", "other": "{}"}}, ignore_changes=["data.k"])'
    rig.brought_up(text.format(1, 1))
    assert rig.brought_up(text.format(2, 1)).ops == {}
    outcome = rig.brought_up(text.format(2, 2))
    assert outcome.fields["a"] == ["data.other"]
    assert rig.data("a") == {"k": "1", "other": "2"}


def test_a_star_ignores_every_key_and_index(rig: Rig) -> None:
    text = """
deployment("d", tag="{tag}", replicas={replicas}, annotations={{"pulumi.com/skipAwait": "true"}},
           ignore_changes=["spec.template.spec.containers[*].image", "metadata.labels"])
config_map("all", {{"a": "{tag}"}}, ignore_changes=["*"])
config_map("keys", {{"a": "{tag}"{more}}}, ignore_changes=["data.*"])
"""
    rig.brought_up(text.format(tag="v1", replicas=1, more=""))
    outcome = rig.brought_up(text.format(tag="v2", replicas=2, more=', "b": "1"'))
    assert outcome.ops == {"d": "update"}
    assert outcome.fields["d"] == ["spec.replicas"]
    assert rig.data("keys") == {"a": "v1"}


def test_a_resource_is_found_again_under_its_former_name_type_and_parent(rig: Rig) -> None:
    rig.brought_up("""
box = pulumi.ComponentResource("rig:index:Box", "box")
ConfigMap("old", metadata=meta("own"), opts=on())
config_map("child", {}, {"name": "child"}, parent=box)
pulumi.ComponentResource("rig:index:Old", "typed")
""")
    first = rig.uid("ConfigMap", "own")
    moved = rig.brought_up("""
was = pulumi.Alias(name="box", type_="rig:index:Box")
box = pulumi.ComponentResource("rig:index:Case", "case", None, Options(aliases=[was]))
ConfigMap("new", metadata=meta("own"), opts=on(aliases=[pulumi.Alias(name="old")]))
config_map("child", {}, {"name": "child"}, parent=box)
pulumi.ComponentResource("rig:index:New", "typed", None, Options(aliases=[pulumi.Alias(type_="rig:index:Old")]))
""")
    assert moved.ops == {}
    assert rig.uid("ConfigMap", "own") == first
    assert '"old"' not in rig.state.read_text()
    again = rig.brought_up("""
box = pulumi.ComponentResource("rig:index:Case", "case")
ConfigMap("new", metadata=meta("own"), opts=on())
config_map("child", {}, {"name": "child"}, parent=box)
pulumi.ComponentResource("rig:index:New", "typed")
""")
    assert again.ops == {}


def test_a_resource_that_had_no_parent_is_found_under_its_new_one(rig: Rig) -> None:
    rig.brought_up('config_map("a")')
    outcome = rig.brought_up("""
box = pulumi.ComponentResource("rig:index:Box", "box")
config_map("a", parent=box, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])
""")
    assert outcome.ops == {"box": "create"}


def test_an_update_under_a_former_name_that_fails_keeps_the_object(rig: Rig) -> None:
    rig.brought_up('ConfigMap("old", metadata=meta("own"), data={"k": "1"}, opts=on())')
    rig.program(
        'ConfigMap("new", metadata=meta("own", labels={"wrong label": "x"}), data={"k": "1"},'
        ' opts=on(aliases=[pulumi.Alias(name="old")]))'
    )
    assert not rig.up().well
    rig.brought_up(
        'ConfigMap("new", metadata=meta("own"), data={"k": "2"}, opts=on(aliases=[pulumi.Alias(name="old")]))'
    )
    assert rig.names("ConfigMap") == {"own"}
    assert rig.data("own") == {"k": "2"}


def test_additional_secret_outputs_are_secret_in_outputs_and_state(rig: Rig) -> None:
    outcome = rig.brought_up(
        'a = config_map("a", {"k": "canary-5f1c"}, additional_secret_outputs=["data"])\npulumi.export("data", a.data)'
    )
    assert outcome.outputs["data"] == "[secret]"
    state = rig.state.read_text()
    assert state.count("canary-5f1c") == 1, "only the plain input that the program itself gave"


def test_a_custom_timeout_ends_a_wait(rig: Rig) -> None:
    text = rig.refused(
        'deployment("d", tag="never-ready", custom_timeouts=pulumi.CustomTimeouts(create="1s", update="2s"))'
    )
    assert "after 1 s" in text
    assert "after 2 s" in rig.up().text


def test_a_duration_that_is_none_is_refused(rig: Rig) -> None:
    text = rig.refused('config_map("a", custom_timeouts=pulumi.CustomTimeouts(create="soon"))')
    assert '"soon" is not a duration' in text
    assert rig.names("ConfigMap") == set()
