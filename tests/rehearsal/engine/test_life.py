"""What becomes of a resource from one update to the next."""

from __future__ import annotations

from tests.rehearsal.rig import Rig


def test_a_resource_is_created_then_unchanged_then_updated_then_deleted(rig: Rig) -> None:
    created = rig.brought_up('config_map("a", {"k": "1"})\nconfig_map("b")')
    assert created.planned == created.ops == {"a": "create", "b": "create", "cluster": "create"}
    assert rig.data("a") == {"k": "1"}
    again = rig.up()
    assert again.well
    assert again.ops == {}
    assert "no changes" in again.text
    updated = rig.brought_up('config_map("a", {"k": "2"})\nconfig_map("b")')
    assert updated.planned == updated.ops == {"a": "update"}
    assert updated.fields["a"] == ["data.k"]
    assert rig.data("a") == {"k": "2"}
    dropped = rig.brought_up('config_map("a", {"k": "2"})')
    assert dropped.planned == dropped.ops == {"b": "delete"}
    assert rig.names("ConfigMap") == {"a"}
    destroyed = rig.destroy()
    assert destroyed.well
    assert rig.names("ConfigMap") == set()
