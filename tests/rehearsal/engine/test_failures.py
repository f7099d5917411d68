"""What stays as it was, and what the next update finishes, when something fails."""

from __future__ import annotations

from typing import cast

from tests.rehearsal.rig import Rig

MIDDLE = """
a = config_map("a", {{"k": "{k}"}})
bad = config_map("bad", metadata={{"labels": {{"l": "{label}"}}}}, depends_on=[a])
config_map("needs-bad", depends_on=[bad])
config_map("independent", {{"k": "{k}"}})
pulumi.export("k", "{k}")
"""


def test_a_failing_resource_stops_what_needs_it_and_the_next_update_goes_on_from_there(rig: Rig) -> None:
    rig.make("ConfigMap", "bad")
    rig.program(MIDDLE.format(k=1, label="fine"))
    failed = rig.up()
    assert "bad" in failed.errors
    assert "already exists" in failed.errors
    assert {"a", "independent"} <= rig.names("ConfigMap")
    assert "needs-bad" not in rig.names("ConfigMap")
    rig.remove("ConfigMap", "bad")
    outcome = rig.up()
    assert outcome.well
    assert outcome.ops == {"bad": "create", "needs-bad": "create"}


def test_a_failure_deletes_nothing_and_keeps_the_outputs(rig: Rig) -> None:
    rig.brought_up(MIDDLE.format(k=1, label="fine") + 'config_map("dropped")')
    rig.make("ConfigMap", "taken")
    rig.program(MIDDLE.format(k=2, label="fine") + 'config_map("taken", depends_on=[bad])')
    failed = rig.up()
    assert not failed.well
    assert "dropped" in rig.names("ConfigMap")
    assert rig.data("a") == {"k": "2"}
    rig.remove("ConfigMap", "taken")
    outcome = rig.up()
    assert outcome.well
    assert outcome.ops == {"taken": "create", "dropped": "delete"}
    assert outcome.outputs["k"] == "2"


def test_what_the_server_would_refuse_is_refused_by_the_preview(rig: Rig) -> None:
    rig.brought_up(MIDDLE.format(k=1, label="fine"))
    rig.program(MIDDLE.format(k=2, label="not valid!"))
    outcome = rig.up()
    assert not outcome.well
    assert len(outcome.results) == 1
    assert "metadata.labels" in outcome.errors
    assert rig.data("a") == {"k": "1"}


def test_an_update_of_what_is_there_but_unready_is_tried_again_with_the_same_inputs(rig: Rig) -> None:
    text = 'deployment("d", tag="{}", custom_timeouts=pulumi.CustomTimeouts(create="1s", update="1s"))'
    failed = rig.refused(text.format("never-ready"))
    assert "did not become ready" in failed
    again = rig.up()
    assert not again.well
    assert again.planned == {"d": "update"}, "the state remembers that it never became ready"
    mended = rig.brought_up(text.format("v1"))
    assert mended.ops == {"d": "update"}
    assert rig.up().ops == {}


def test_an_object_removed_behind_the_stacks_back_is_noticed_when_it_has_to_change(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "1"})')
    rig.remove("ConfigMap", "a")
    assert rig.up().ops == {}, "nothing changed in the program, and the cluster isn't compared"
    text = rig.refused('config_map("a", {"k": "2"})')
    assert "removed behind this stack's back" in text
    rig.brought_up("")
    rig.brought_up('config_map("a", {"k": "2"})')
    assert rig.data("a") == {"k": "2"}


def test_a_user_error_is_its_own_two_lines_without_a_traceback(rig: Rig) -> None:
    text = rig.refused('raise pulumi.RunError("weights total 90, not 100\\nMake them 100.")')
    assert "error: weights total 90, not 100\n    Make them 100." in text
    assert "Traceback" not in text
    assert "__main__" not in text


def test_a_user_error_inside_an_apply_is_reported_the_same_way(rig: Rig) -> None:
    text = rig.refused("""
def refuse(_):
    raise pulumi.RunError("not ready\\nWait for it.")
a = config_map("a")
config_map("b", {"k": a.metadata.name.apply(refuse)})
""")
    assert "error: not ready\n    Wait for it." in text
    assert "Traceback" not in text
    assert rig.names("ConfigMap") == set(), "a preview has already refused"


def test_an_exception_shows_where_in_the_program_it_was_raised(rig: Rig) -> None:
    text = rig.refused('\n\nraise KeyError("lost")')
    assert "unhandled exception" in text
    assert "__main__.py" in text
    assert "KeyError: 'lost'" in text
    assert "runpy" not in text


def test_a_program_that_exits_by_itself_has_failed(rig: Rig) -> None:
    rig.brought_up('config_map("a")')
    text = rig.refused("raise SystemExit(3)")
    assert "ended itself with 3" in text
    assert rig.names("ConfigMap") == {"a"}


def test_a_dropped_label_goes_even_after_a_failed_update(rig: Rig) -> None:
    slow = 'custom_timeouts=pulumi.CustomTimeouts(create="5s", update="1s")'
    rig.brought_up(f'deployment("d", annotations={{"note": "x"}}, {slow})')
    rig.refused(f'deployment("d", tag="never-ready", {slow})')
    rig.brought_up(f'deployment("d", {slow})')
    live = rig.get("Deployment", "d", api_version="apps/v1")
    assert live is not None
    assert "note" not in cast("dict[str, dict[str, str]]", live["metadata"])["annotations"]
