from __future__ import annotations

import pytest

from rehearsal.engine.wire import Properties, Secret, Value
from tests.policies.judging import IMAGE, Judge, container, every_kind, pod_spec

RULE = "image-pinned"
DIGEST = "sha256:" + "0a" * 32
KINDS = [type_ for type_, _ in every_kind({})]


def _pod(image: Value) -> Properties:
    return {"kind": "Pod", "spec": pod_spec(containers=[container(image=image)])}


def _found(judge: Judge, image: Value) -> list[str]:
    return judge.findings(RULE, "kubernetes:core/v1:Pod", _pod(image))


@pytest.mark.parametrize(
    "image",
    [
        IMAGE,
        f"nginx:1.27@{DIGEST}",
        f"localhost:5000/team/app_x--y:v1@{DIGEST}",
        f"Registry.example.com/app:V1.2@{DIGEST}",
    ],
)
def test_a_tag_with_a_digest_passes(production: Judge, image: str) -> None:
    assert _found(production, image) == []


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (f"nginx@{DIGEST}", "has no tag"),
        (f"localhost:5000/nginx@{DIGEST}", "has no tag"),
        (f"nginx:latest@{DIGEST}", "has the tag latest"),
        ("nginx:1.27", "has no digest"),
        ("nginx:1.27@sha256:0a0a", "is no image reference"),
        (f"nginx:1.27@sha256:{'0A' * 32}", "is no image reference"),
        ("", "is no image reference"),
        (" nginx:1.27", "is no image reference"),
        (f"nginx:1.27@{DIGEST}\n", "is no image reference"),
        (7, "doesn't have the type"),
    ],
)
def test_an_image_that_is_not_pinned_is_refused_in_production(production: Judge, image: Value, problem: str) -> None:
    found = _found(production, image)
    assert len(found) == 1
    assert problem in found[0]


def test_development_needs_no_digest(development: Judge) -> None:
    assert _found(development, "nginx:1.27") == []


@pytest.mark.parametrize("image", ["nginx", "nginx:latest", "nginx:1.27@sha256:0a0a"])
def test_development_needs_a_tag_that_is_not_latest(development: Judge, image: str) -> None:
    assert len(_found(development, image)) == 1


def test_a_stack_that_does_not_name_its_environment_counts_as_production(unsaid: Judge) -> None:
    assert len(_found(unsaid, "nginx:1.27")) == 1


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("place", ["containers", "initContainers", "ephemeralContainers"])
def test_a_loose_image_is_refused_in_every_kind_and_list(production: Judge, type_: str, place: str) -> None:
    spec = pod_spec(**{place: [container(), container(image=f"nginx:latest@{DIGEST}")]})
    found = production.findings(RULE, type_, dict(every_kind(spec))[type_])
    assert len(found) == 1
    assert f"{place}[1].image has the tag latest" in found[0]


def test_a_container_without_an_image_is_refused(production: Judge) -> None:
    inputs: Properties = {"kind": "Pod", "spec": {"containers": [{"name": "api"}]}}
    assert production.findings(RULE, "kubernetes:core/v1:Pod", inputs) == ["spec.containers[0].image is missing."]


def test_a_patch_may_leave_the_image_as_it_is(production: Judge) -> None:
    inputs: Properties = {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "api"}]}}}}
    assert production.findings(RULE, "kubernetes:apps/v1:DeploymentPatch", inputs) == []


def test_a_secret_image_is_judged_and_never_quoted(production: Judge) -> None:
    violations = production.violations("kubernetes:core/v1:Pod", _pod(Secret("registry.canary.example/x:latest")))
    assert {item.policy for item in violations} == {RULE}
    assert not any("canary" in item.message for item in violations)
