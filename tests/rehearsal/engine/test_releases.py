"""Helm releases: carried out by the real Helm, as the provider does."""

from __future__ import annotations

import json
from typing import cast

import pytest

from tests.rehearsal.engine.chart import TEMPLATES, release, write_chart
from tests.rehearsal.rig import Rig


@pytest.fixture(autouse=True)
def _chart(rig: Rig) -> None:
    write_chart(rig.folder)


def _history(rig: Rig) -> list[tuple[int, str]]:
    listed = rig.run_helm("history", "tiny", "-o", "json")
    return [
        (int(str(each["revision"])), str(each["status"]))
        for each in cast("list[dict[str, object]]", json.loads(listed))
    ]


def test_a_release_is_installed_upgraded_and_uninstalled(rig: Rig) -> None:
    outcome = rig.brought_up(release('{"word": "one"}') + 'pulumi.export("status", r.status.status)')
    assert outcome.planned["tiny"] == "create"
    assert outcome.outputs["status"] == "deployed"
    assert rig.data("tiny") == {"word": "one"}
    assert _history(rig) == [(1, "deployed")]
    assert rig.up().ops == {}
    outcome = rig.brought_up(release('{"word": "two"}') + 'pulumi.export("status", r.status.status)')
    assert outcome.planned == {"tiny": "update"}
    assert outcome.fields["tiny"] == ["values.word"]
    assert rig.data("tiny") == {"word": "two"}
    assert _history(rig) == [(1, "superseded"), (2, "deployed")]
    assert rig.destroy().well
    assert rig.helm.status(f"{rig.namespace}/tiny") is None
    assert "tiny" not in rig.names("ConfigMap")


def test_the_status_is_unknown_at_a_preview_that_changes_the_release(rig: Rig) -> None:
    text = release('{"word": "%s"}') + 'pulumi.export("status", r.status.status)\npulumi.export("name", r.name)'
    rig.program(text % "one")
    assert rig.preview().outputs == {"status": "[unknown]", "name": "tiny"}
    rig.up()
    assert rig.preview().outputs["status"] == "deployed"
    rig.program(text % "two")
    assert rig.preview().outputs["status"] == "[unknown]"


def test_an_edited_template_alone_changes_nothing_and_another_chart_version_does(rig: Rig) -> None:
    rig.brought_up(release())
    (rig.folder / "tiny" / "templates" / "all.yaml").write_text(TEMPLATES.replace("data: {", "data: {extra: x, "))
    assert rig.up().ops == {}
    write_chart(rig.folder, version="1.2.4")
    outcome = rig.up()
    assert outcome.ops == {"tiny": "update"}
    assert outcome.fields["tiny"] == ["version"]


def test_an_atomic_install_that_fails_leaves_nothing_and_the_next_update_installs(rig: Rig) -> None:
    text = rig.refused(release('{"tag": "never-ready"}', timeout=2))
    assert "tiny" in text
    assert rig.helm.status(f"{rig.namespace}/tiny") is None
    assert rig.names("ConfigMap") == set()
    outcome = rig.brought_up(release('{"tag": "v1"}'))
    assert outcome.ops == {"tiny": "create"}
    assert _history(rig) == [(1, "deployed")]


def test_an_atomic_upgrade_that_fails_is_rolled_back_and_tried_again_with_the_same_inputs(rig: Rig) -> None:
    rig.brought_up(release('{"word": "one"}'))
    rig.refused(release('{"word": "two", "tag": "never-ready"}', timeout=6))
    assert rig.data("tiny") == {"word": "one"}, "what ran before runs again"
    assert [status for _, status in _history(rig)] == ["superseded", "failed", "deployed"]
    again = rig.up()
    assert not again.well
    assert again.planned == {"tiny": "update"}, "the state knows that the release is not what was asked for"
    outcome = rig.brought_up(release('{"word": "one"}'))
    assert outcome.ops == {"tiny": "update"}
    assert rig.up().ops == {}


def test_an_install_that_is_not_atomic_leaves_a_failed_release_that_the_next_update_upgrades(rig: Rig) -> None:
    rig.refused(release('{"tag": "never-ready"}', timeout=2).replace("atomic=True, ", ""))
    assert _history(rig) == [(1, "failed")]
    outcome = rig.brought_up(release('{"tag": "v1"}').replace("atomic=True, ", ""))
    assert outcome.ops == {"tiny": "update"}
    assert _history(rig)[-1] == (2, "deployed")


def test_a_name_that_is_in_use_is_not_taken_over(rig: Rig) -> None:
    rig.run_helm("install", "tiny", str(rig.folder / "tiny"))
    text = rig.refused(release())
    assert "cannot re-use a name that is still in use" in text
    assert _history(rig) == [(1, "deployed")]


def test_a_release_uninstalled_behind_the_stacks_back_is_noticed_when_it_has_to_change(rig: Rig) -> None:
    rig.brought_up(release('{"word": "one"}'))
    rig.run_helm("uninstall", "tiny")
    assert rig.up().ops == {}
    assert "uninstalled behind this stack's back" in rig.refused(release('{"word": "two"}'))
    assert rig.brought_up("").ops == {"tiny": "delete"}


def test_values_against_the_charts_schema_fail_the_update_and_keep_the_release(rig: Rig) -> None:
    rig.brought_up(release('{"word": "one"}'))
    text = rig.refused(release('{"word": "one", "nonsense": 1}'))
    assert "nonsense" in text
    assert _history(rig) == [(1, "deployed")]
    assert rig.brought_up(release('{"word": "one"}')).ops == {}, "nothing ran, so the state kept the old values"


def test_a_namespace_replaces_a_release(rig: Rig) -> None:
    rig.brought_up(release())
    outcome = rig.brought_up(release(options="").replace("namespace=NS", "namespace='default'"))
    assert [(step.op, step.name) for step in outcome.results[-1].changes] == [("replace", "tiny"), ("delete", "tiny")]
    assert rig.helm.status(f"{rig.namespace}/tiny") is None
    assert rig.destroy().well
    assert rig.helm.status("default/tiny") is None
