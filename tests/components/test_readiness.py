"""A slot may take users only if it runs what was declared, all of it, and is ready."""

from dataclasses import replace

import pytest

from components.readiness import Found, refusal

READY = Found(
    declared_image="api:v2@sha256:2",
    declared_min=3,
    shut_down=False,
    images={"api": "api:v2@sha256:2", "sidecar": "other"},
    generation=7,
    observed=7,
    ready=3,
    updated=3,
)


def test_a_slot_that_runs_what_was_declared_may_take_users() -> None:
    assert refusal("green", READY) is None


def test_more_pods_than_the_minimum_are_no_hindrance() -> None:
    assert refusal("green", replace(READY, ready=9, updated=9)) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(READY, shut_down=True), "is shut down"),
        (replace(READY, images={"api": "api:v1@sha256:1"}), "runs api:v1@sha256:1, not api:v2@sha256:2"),
        (replace(READY, images={"sidecar": "api:v2@sha256:2"}), "runs no image, not"),
        (replace(READY, images={"api": "api:v2@sha256:3"}), "runs api:v2@sha256:3"),
        (replace(READY, observed=6), "at generation 7, acted on 6"),
        (replace(READY, ready=2), "has 2 ready pods of the declared build, below its minimum of 3"),
        (replace(READY, ready=3, updated=1), "has 1 ready pods of the declared build"),
        (replace(READY, ready=0, updated=0, observed=7), "has 0 ready pods"),
    ],
)
def test_anything_else_is_refused_with_the_slot_what_was_found_and_how_to_mend_it(found: Found, said: str) -> None:
    reason = refusal("green", found)
    assert reason is not None
    what, mend = reason.splitlines()
    assert what.startswith("Slot green ")
    assert said in what
    assert mend.endswith("weight 0.")
