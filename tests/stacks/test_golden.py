"""Nothing that the stacks declare changes by accident."""

import pytest

from tests.stacks import golden_files
from tests.stacks.recorded import STACKS, committed

MEND = "if the change is meant, run `make golden` and review the diff"


@pytest.mark.parametrize("stack", STACKS)
def test_the_objects_of_a_stack_are_those_that_were_reviewed(stack: str) -> None:
    assert golden_files.objects(stack) == (golden_files.FOLDER / f"{stack}.yaml").read_text(), MEND


@pytest.mark.parametrize("stack", STACKS)
def test_no_urn_goes_or_comes_unseen(stack: str) -> None:
    ledger = set((golden_files.FOLDER / f"{stack}.urns").read_text().split())
    found = set(golden_files.urns(stack).split())
    assert not ledger - found, "a URN that goes without an alias deletes and makes anew what it named; give it an alias"
    assert not found - ledger, MEND


@pytest.mark.parametrize("stack", STACKS)
def test_no_urn_is_registered_twice(stack: str) -> None:
    every = [each.urn for each in committed(stack).resources]
    assert len(set(every)) == len(every)
