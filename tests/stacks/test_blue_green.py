"""Blue and green differ in their name and in nothing else, so that what was tried on one holds for the other."""

import re
from itertools import zip_longest
from typing import cast

import yaml

from tests.stacks import golden_files
from tests.stacks.recorded import run

SEALED_FOR_ONE = re.compile(r"sealed [0-9a-f]{12}")


def neutral(stack: str) -> object:
    """A slot's objects with its name and its ciphertexts, which are sealed for one namespace, made the same."""
    text = golden_files.objects(stack)
    return yaml.safe_load(SEALED_FOR_ONE.sub("sealed", text).replace(f"stratmaster-{stack}", "stratmaster-SLOT"))


def differences(one: object, other: object, path: str = "") -> set[str]:
    """Paths of the values in which two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        ones, others = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return {
            path_ for key in {*ones, *others} for path_ in differences(ones.get(key), others.get(key), f"{path}/{key}")
        }
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip_longest(cast("list[object]", one), cast("list[object]", other))
        return {path_ for a, b in pairs for path_ in differences(a, b, f"{path}[]")}
    return set() if one == other else {path}


def test_only_these_fields_differ_between_the_slots() -> None:
    found = differences(neutral("blue"), neutral("green"))
    release = "/kubernetes:helm.sh/v3:Release stratmaster-api/values"
    namespace = "/kubernetes:core/v1:Namespace namespace/metadata"
    assert found == {
        f"{release}/slot",
        f"{release}/secretsChecksum",
        f"{namespace}/annotations/stratmaster.com/stack",
        f"{namespace}/labels/stratmaster.com/slot",
        "/kubernetes:core/v1:ConfigMap declared/metadata/labels/stratmaster.com/slot",
    }


def test_the_slots_have_the_same_urns_but_for_the_stacks_name() -> None:
    blue, green = (golden_files.urns(slot).replace(f":{slot}::", ":S::") for slot in ("blue", "green"))
    assert blue.replace("stratmaster-blue", "") == green.replace("stratmaster-green", "")


def test_a_new_image_changes_the_release_and_the_declaration_and_nothing_else() -> None:
    image = {"tag": "v1.2.4", "digest": "sha256:" + "b" * 64}
    recordings = (run("green"), run("green", image=image))
    before, after = ({each.urn: each.inputs for each in recording.resources} for recording in recordings)
    changed = {urn.rsplit("::", 1)[-1] for urn in before if before[urn] != after[urn]}
    assert before.keys() == after.keys()
    assert changed == {"stratmaster-api", "declared"}
