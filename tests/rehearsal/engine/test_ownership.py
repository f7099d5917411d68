"""Whose field is whose: server-side apply's managers."""

from __future__ import annotations

import re
from typing import cast

from rehearsal.engine.providers.api import Object
from tests.rehearsal.rig import Rig


def _managers(rig: Rig, name: str) -> set[tuple[str, str]]:
    live = rig.get("ConfigMap", name)
    assert live is not None
    entries = cast("list[dict[str, str]]", cast("Object", live["metadata"])["managedFields"])
    return {(each["manager"], each["operation"]) for each in entries}


def test_managers_are_named_as_the_provider_names_them(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "1"})')
    assert _managers(rig, "a") == {("pulumi-kubernetes", "Update")}
    rig.brought_up('config_map("a", {"k": "2"})')
    ((manager, operation),) = _managers(rig, "a")
    assert operation == "Apply"
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", manager)
    rig.brought_up('config_map("a", {"k": "3"})')
    assert _managers(rig, "a") == {(manager, "Apply")}, "it keeps its manager"


def test_a_field_dropped_from_the_program_goes_from_the_object(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "1", "gone": "x"}, {"labels": {"gone": "x", "kept": "x"}})')
    rig.brought_up('config_map("a", {"k": "1"}, {"labels": {"kept": "x"}})')
    live = rig.get("ConfigMap", "a")
    assert live is not None
    assert live["data"] == {"k": "1"}
    assert cast("Object", live["metadata"])["labels"] == {"kept": "x"}


def test_what_others_add_stays(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "1"})')
    rig.make("ConfigMap", "a", data={"theirs": "x"})
    assert rig.brought_up('config_map("a", {"k": "2"})').ops == {"a": "update"}
    assert rig.data("a") == {"k": "2", "theirs": "x"}


def test_a_field_that_another_manager_took_is_a_conflict_with_its_name(rig: Rig) -> None:
    rig.brought_up('config_map("a", {"k": "1"})')
    rig.brought_up('config_map("a", {"k": "2"})')
    rig.make("ConfigMap", "a", manager="autoscaler", data={"k": "9"})
    assert rig.up().ops == {}, "the program hasn't changed, and the cluster isn't compared"
    text = rig.refused('config_map("a", {"k": "3"})')
    assert 'conflict with "autoscaler"' in text
    assert rig.data("a") == {"k": "9"}
    assert rig.brought_up('config_map("a", {"k": "2"})').well, "the way back is no change"


def test_an_object_that_somebody_else_made_is_not_taken_over(rig: Rig) -> None:
    rig.make("ConfigMap", "a", data={"k": "theirs"})
    text = rig.refused('config_map("a", {"k": "ours"})')
    assert "already exists" in text
    assert "delete it, or take it out of the program" in text
    assert rig.data("a") == {"k": "theirs"}
    assert rig.destroy().well
    assert rig.data("a") == {"k": "theirs"}
