"""Previews as the released CLI and the embedded engine tell them."""

from __future__ import annotations

import json

import pytest

from rehearsal.engine import urn as urns
from rehearsal.errors import RehearsalError
from rehearsal.pull_requests.preview import Preview
from rehearsal.pull_requests.reading import previews
from tests.rehearsal.pull_requests.documents import change, embedded, preview, recorded, violation


def _ops(found: Preview) -> dict[str, str]:
    return {step.name: step.op for step in found.result.changes}


def _fields(found: Preview, name: str) -> dict[str, tuple[str, str, str]]:
    [step] = [step for step in found.result.steps if step.name == name]
    return {each.label: (each.kind, repr(each.old), repr(each.new)) for each in step.fields}


@pytest.mark.parametrize("name", ["events.jsonl", "digest.json"])
def test_both_forms_of_the_cli_say_the_same_of_what_changes(name: str) -> None:
    found = preview(recorded(name))
    assert found.result.stack == "small"
    assert _ops(found) == {
        "changed": "update",
        "password": "update",
        "moved": "replace",
        "new": "create",
        "old": "delete",
    }
    assert found.counts == {"create": 1, "update": 2, "replace": 1, "delete": 1, "same": 3}
    assert _fields(found, "changed") == {
        "data.added": ("add", "None", "'one\\ntwo'"),
        "data.dropped": ("delete", "'gone'", "None"),
        "data.mode": ("update", "'early'", "'</details><!-- **late** -->'"),
    }
    assert _fields(found, "moved") == {"metadata.name": ("update", "'moved-before'", "'moved-after'")}
    [step] = [step for step in found.result.steps if step.name == "moved"]
    assert step.fields[0].replaces
    assert _fields(found, "password") == {"data.value": ("update", "[secret]", "[secret]")}
    assert [each.message for each in found.result.diagnostics] == ["a warning | with `ticks`", "preview failed"]


@pytest.mark.parametrize("name", ["events.jsonl", "digest.json"])
def test_what_changes_hangs_below_its_component(name: str) -> None:
    found = {step.name: step for step in preview(recorded(name)).result.steps}
    assert urns.name(found["changed"].parent) == "settings"
    assert urns.type_token(found["changed"].parent) == "recording:index:Settings"


def test_the_stream_says_what_policies_said_and_the_digest_that_it_does_not() -> None:
    told = preview(recorded("events.jsonl"))
    assert [(each.policy, each.mandatory, urns.name(each.urn)) for each in told.result.violations] == [
        ("no-moving", False, "moved"),
        ("no-new", True, "new"),
    ]
    assert told.judged is True
    assert preview(recorded("digest.json")).judged is None


def test_a_stream_without_a_pack_says_that_none_ran() -> None:
    assert preview(recorded("refresh.jsonl")).judged is False


def test_a_change_by_hand_is_an_update_back() -> None:
    found = preview(recorded("refresh.jsonl"))
    assert _ops(found) == {"changed": "update"}
    assert _fields(found, "changed") == {"data.mode": ("update", "'by hand'", "'early'")}
    assert not found.result.failed


def test_a_programs_own_error_is_told_whole() -> None:
    found = preview(recorded("failed.jsonl"))
    assert found.result.failed
    assert "No good.\nMend it." in [each.message for each in found.result.diagnostics]


def test_a_stream_that_breaks_off_is_a_failure() -> None:
    lines = recorded("refresh.jsonl").splitlines()
    for length in range(5, len(lines) - 2, 7):
        assert preview("\n".join(lines[:length])).result.failed


def test_a_command_that_never_got_to_the_engine_is_a_failure_in_its_own_words() -> None:
    entry: dict[str, object] = {
        "stack": "nope",
        "exitCode": 6,
        "events": [],
        "complaint": "error: no stack named 'nope' found",
    }
    found = preview(json.dumps({"stacks": [entry]}))
    assert found.result.stack == "nope"
    assert "no stack named 'nope' found" in [each.message for each in found.result.diagnostics]


@pytest.mark.parametrize("output", [None, "warning: nothing that is JSON"])
def test_the_rehearsals_report_of_a_cli_that_failed_is_a_failure(output: object) -> None:
    found = preview(json.dumps({"stacks": [{"stack": "blue", "exitCode": 255, "pulumi": output}]}))
    assert [each.message for each in found.result.diagnostics] == ["pulumi ended with exit code 255; see its output"]


def test_the_embedded_engines_report_is_read_with_components_by_their_types() -> None:
    text = embedded(
        change("a:index:Slot$a:index:Release$kubernetes:core/v1:ConfigMap", "inside", data__k=("1", "2")),
        change("kubernetes:core/v1:ConfigMap", "outside", "create"),
    )
    found = preview(text)
    steps = {step.urn.split("::", 2)[2]: step for step in found.result.steps}
    assert set(steps) == {
        "a:index:Slot$a:index:Release$kubernetes:core/v1:ConfigMap::inside",
        "a:index:Slot$a:index:Release::",
        "a:index:Slot::",
        "kubernetes:core/v1:ConfigMap::outside",
    }
    assert steps["a:index:Slot$a:index:Release::"].parent == "urn:pulumi:blue::p::a:index:Slot::"
    assert _fields(found, "inside") == {"data.k": ("update", "'1'", "'2'")}
    assert found.counts == {"update": 1, "create": 1, "same": 2}  # not the stack itself


def test_a_component_that_changes_too_is_named_and_of_two_of_a_kind_none() -> None:
    box, inside = "a:index:Box", "a:index:Box$kubernetes:core/v1:ConfigMap"
    one = preview(embedded(change(box, "b1", "create"), change(inside, "inside", "create")))
    assert {step.name: step.parent for step in one.result.steps}["inside"] == "urn:pulumi:blue::p::a:index:Box::b1"
    two = [change(box, "b1", "create"), change(box, "b2", "create"), change(inside, "inside", "create")]
    found = {step.name: step.parent for step in preview(embedded(*two)).result.steps}
    assert found["inside"] == "urn:pulumi:blue::p::a:index:Box::"


def test_policies_and_errors_of_the_embedded_engine_are_taken_over() -> None:
    wrong = {"severity": "error", "message": "it broke", "urn": ""}
    chatter = {"severity": "info", "message": "my password is hunter2", "urn": ""}
    found = preview(embedded(policies=[violation("p", mandatory=True)], diagnostics=[wrong, chatter]))
    assert [each.policy for each in found.result.violations] == ["p"]
    assert [each.message for each in found.result.diagnostics] == ["it broke"]


def test_a_kubernetes_secrets_values_are_hidden_even_where_nobody_marked_them() -> None:
    data = change("kubernetes:core/v1:Secret", "s", stringData__k=("hunter1", "hunter2"), metadata__name=("a", "b"))
    found = preview(embedded(data))
    assert _fields(found, "s") == {
        "stringData.k": ("update", "[secret]", "[secret]"),
        "metadata.name": ("update", "'a'", "'b'"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "1",
        "{}",
        '{"stacks": [{}]}',
        '{"stacks": [{"stack": "a", "operation": "preview"}]}',
        '{"stacks": [{"stack": "a", "events": [1]}]}',
        '{"steps": []}',
        '{"stacks": [{"stack": "<img>|`@b`", "events": []}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_preview_is_refused_in_two_lines(text: str) -> None:
    with pytest.raises(RehearsalError) as caught:
        previews("previews.json", text)
    assert "previews.json holds no preview" in caught.value.what
    assert "make preview-cluster" in caught.value.mend
