"""Values made once and kept."""

from __future__ import annotations

import json
import string
from typing import cast

from tests.rehearsal.rig import Rig

ALL = """
keepers = {{"rotation": "{rotation}"}}
p = random.RandomPassword("p", length=24, min_special=2, override_special="%&", keepers=keepers)
s = random.RandomString("s", length=12, special=False, keepers=keepers)
i = random.RandomId("i", byte_length=4, prefix="pre-", keepers=keepers)
u = random.RandomUuid("u", keepers=keepers)
Secret("kept", metadata=meta("kept"), string_data={{"p": p.result}}, opts=on())
length = p.result.apply(lambda each: str(len(each)))
config_map("seen", {{"s": s.result, "hex": i.hex, "id": i.id, "u": u.result, "length": length}})
pulumi.export("p", p.result)
"""


def test_values_are_kept_until_a_keeper_changes(rig: Rig) -> None:
    rig.brought_up(ALL.format(rotation=1))
    first, seen = rig.get("Secret", "kept"), rig.data("seen")
    assert first is not None
    assert seen["length"] == "24"
    assert len(seen["s"]) == 12
    assert set(seen["s"]) <= set(string.ascii_letters + string.digits)
    assert seen["hex"].startswith("pre-")
    assert rig.up().ops == {}
    outcome = rig.brought_up(ALL.format(rotation=2))
    ops = [(step.op, step.name) for step in outcome.results[-1].changes]
    assert {("replace", each) for each in "psiu"} | {("update", "kept"), ("update", "seen")} <= set(ops)
    second = rig.get("Secret", "kept")
    assert second is not None
    assert second["data"] != first["data"]
    assert all(rig.data("seen")[key] != seen[key] for key in ("s", "hex", "id", "u"))


def test_a_password_is_secret_everywhere_and_encrypted_at_rest(rig: Rig) -> None:
    outcome = rig.brought_up(ALL.format(rotation=1))
    assert outcome.outputs["p"] == "[secret]"
    state = cast("dict[str, dict[str, list[dict[str, dict[str, object]]]]]", json.loads(rig.state.read_text()))
    (password,) = [each for each in state["deployment"]["resources"] if str(each["urn"]).endswith("::p")]
    assert "ciphertext" in cast("dict[str, str]", password["outputs"]["result"])


def test_an_argument_that_is_not_carried_out_is_refused(rig: Rig) -> None:
    text = rig.refused('random.RandomShuffle("s", inputs=["a"])')
    assert "RandomShuffle" in text
    assert "--engine pulumi" in text
