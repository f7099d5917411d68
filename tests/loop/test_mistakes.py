"""Mistakes in what is asked for: two lines, what is wrong and how to mend it, and nothing written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.loop.cluster import Snapshot, moved
from tests.loop.world import World

PATH = "--config-path"


@pytest.fixture(scope="module")
def still(brought_up: World) -> Snapshot:
    """The whole API before any mistake; none of these tests may move anything."""
    return brought_up.cluster.settled()


WRONG: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unknown key": (("blue", "-c", "databasePoolsize=5"), ("databasePoolsize is not a setting", "databasePoolSize?")),
    "wrong type": (("blue", "-c", "databasePoolSize=six"), ("databasePoolSize is six, not a whole number",)),
    "too many connections": (("blue", "-c", "databasePoolSize=8"), ("databasePoolSize 8", "208", "160", "to 6 or")),
    "tag latest": (("blue", PATH, "-c", "image.tag=latest"), ("stratmaster:image.tag is latest", "v1.2.3")),
    "empty tag": (("blue", PATH, "-c", "image.tag="), ("stratmaster:image.tag is empty", "v1.2.3")),
    "no digest": (("blue", "-c", 'image={"tag": "v1.2.3"}'), ("stratmaster:image.digest is missing", "sha256:")),
    "plain secrets": (("blue", PATH, "-c", "secrets.backend=plain"), ("secrets.backend is plain", "sealed")),
    "total not 100": (
        ("traffic", PATH, "-c", "weights.blue=90", "-c", "weights.green=20"),
        ("stratmaster:weights total 110, not 100", "shares that total 100"),
    ),
    "unknown slot": (("traffic", PATH, "-c", "weights.red=0"), ("stratmaster:weights.red is not a setting",)),
    "no value": (("traffic", "-c", "maintenance"), ("-c maintenance", "key=value")),
    "no stack": (("-c", "maintenance=true"), ("-c needs the stack",)),
}
"""Arguments of `up`, and words that its refusal has to have."""


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_refused(world: World, still: Snapshot, case: str) -> None:
    arguments, words = WRONG[case]
    world.up("--config-forget", *arguments).refused(*words)
    assert not moved(still, world.cluster.everything())


def test_a_stack_that_is_not_there_is_refused_with_the_nearest_one(world: World, still: Snapshot) -> None:
    world.up("grean").refused('no stack "grean"', "Did you mean green?", code=6)
    assert not moved(still, world.cluster.everything())


def malformed_stack_file(draft: World) -> None:
    draft.edit("Pulumi.green.yaml", "stratmaster:role: slot", "stratmaster:role: [slot")


def malformed_sealed_file(draft: World) -> None:
    draft.edit("secrets/green.sealed.yaml", "  opensearch-credentials:", "  opensearch-credentials: [")


def missing_sealed_value(draft: World) -> None:
    draft.edit("secrets/green.sealed.yaml", "    opensearch-host:", "    # opensearch-host:")


def missing_sealed_file(draft: World) -> None:
    (draft.project / "secrets" / "green.sealed.yaml").unlink()


def value_that_is_not_in_the_chart(draft: World) -> None:
    draft.edit("components/release.py", '"slot": args.slot,', '"slot": args.slot, "replicaz": 3,')


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (malformed_stack_file, ("Pulumi.green.yaml, line ", "YAML")),
        (malformed_sealed_file, ("secrets/green.sealed.yaml, line ", "Mend that line")),
        (missing_sealed_value, ("opensearch-credentials.opensearch-host is missing", "runbook seal green")),
        (missing_sealed_file, ("secrets/green.sealed.yaml is missing", "runbook seal green")),
        (value_that_is_not_in_the_chart, ("replicaz",)),
    ],
)
def test_a_spoiled_file_is_refused(
    draft: World, still: Snapshot, spoil: Callable[[World], None], words: tuple[str, ...]
) -> None:
    spoil(draft)
    draft.up("green").refused(*words)
    assert not moved(still, draft.cluster.everything())
