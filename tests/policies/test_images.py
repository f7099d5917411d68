from __future__ import annotations

import pytest

from policies.pack.rules.images import REPOSITORIES
from rehearsal.engine.wire import Properties, Secret, Value
from tests.policies.judging import IMAGE, Pack, container, every_kind, pod_spec, resource

POD = "kubernetes:core/v1:Pod"
DIGEST = "sha256:" + "0a" * 32
OWN = "ghcr.io/iamjonobo/stratmaster-api"
RULES = ("image-tag", "image-digest", "image-registry")
KINDS = [type_ for type_, _ in every_kind({})]
LISTS = ["containers", "initContainers", "ephemeralContainers"]


def _pod(image: Value) -> Properties:
    return {"kind": "Pod", "spec": pod_spec(containers=[container(image=image)])}


def _found(pack: Pack, image: Value) -> dict[str, str]:
    """What the rules say about an image, by rule."""
    said = pack.resource(resource(POD, inputs=_pod(image)))
    return {each.rule: each.sentence for each in said if each.rule in RULES}


@pytest.mark.parametrize("image", [IMAGE, f"{OWN}:V1.2@{DIGEST}", f"{OWN}-x__y.z:v1@sha512:{'0a' * 64}"])
def test_an_own_image_with_tag_and_digest_passes(production: Pack, image: str) -> None:
    assert _found(production, image) == {}


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (f"{OWN}@{DIGEST}", "has no tag"),
        (f"{OWN}:latest@{DIGEST}", "has the tag latest"),
    ],
)
def test_an_image_without_a_version_is_refused(production: Pack, image: str, problem: str) -> None:
    assert _found(production, image) == {"image-tag": f"spec.containers[0].image {problem}."}


@pytest.mark.parametrize("image", [f"{OWN}:v1", f"{OWN}:v1.2.3-latest"])
def test_an_image_without_a_digest_is_refused(production: Pack, image: str) -> None:
    assert list(_found(production, image)) == ["image-digest"]


@pytest.mark.parametrize(
    "repository",
    [
        "nginx",
        "iamjonobo/stratmaster-api",
        "docker.io/iamjonobo/stratmaster-api",
        "ghcr.io/iamjonobo-evil/stratmaster-api",
        "ghcr.io.example.com/iamjonobo/stratmaster-api",
        "ghcr.io:443/iamjonobo/stratmaster-api",
        "GHCR.io/iamjonobo/stratmaster-api",
        "ghcr.io/nginx/nginx-unprivileged/fork",
        "ghcr.io/nginx/nginx-unprivileged-debug",
        "localhost:5000/iamjonobo/stratmaster-api",
    ],
)
def test_an_image_from_a_repository_that_is_not_listed_is_refused(production: Pack, repository: str) -> None:
    assert list(_found(production, f"{repository}:v1@{DIGEST}")) == ["image-registry"]


@pytest.mark.parametrize(
    "image",
    [
        "",
        f" {IMAGE}",
        f"{IMAGE}\n",
        f"{OWN}:v1@sha256:0a0a",
        f"{OWN}:v1@sha256:{'0A' * 32}",
        f"{OWN}:v1@md5:{'0a' * 16}",
        f"ghcr.io/iamjonobo/../evil/api:v1@{DIGEST}",
        f"https://{IMAGE}",
        7,
        ["nginx"],
    ],
)
def test_what_is_no_image_reference_breaks_each_rule(production: Pack, image: Value) -> None:
    assert tuple(_found(production, image)) == RULES


def test_each_repository_on_the_list_has_a_reason() -> None:
    assert all(reason.strip() for reason in REPOSITORIES.values())
    # A registry where anyone may open an account is never named as a whole.
    assert all(repository.count("/") >= 2 for repository in REPOSITORIES)


def test_development_needs_neither_digest_nor_listed_repository(development: Pack) -> None:
    assert _found(development, "localhost:5000/api:v1") == {}


@pytest.mark.parametrize("image", ["nginx", "nginx:latest", f"{OWN}:v1@sha256:0a0a"])
def test_development_needs_a_tag_other_than_latest(development: Pack, image: str) -> None:
    assert list(_found(development, image)) == ["image-tag"]


def test_a_stack_that_does_not_name_its_environment_counts_as_production(production: Pack) -> None:
    assert list(_found(production.of(environment=""), f"{OWN}:v1")) == ["image-digest"]


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("place", LISTS)
def test_a_loose_image_is_refused_in_every_kind_and_list(production: Pack, type_: str, place: str) -> None:
    spec = pod_spec(**{place: [container(), container(image=f"{OWN}:latest@{DIGEST}")]})
    found = production.findings("image-tag", type_, dict(every_kind(spec))[type_])
    assert len(found) == 1
    assert f"{place}[1].image has the tag latest" in found[0]


def test_the_image_of_a_volume_is_judged_like_a_containers(production: Pack) -> None:
    spec = pod_spec(volumes=[{"name": "model", "image": {"reference": "quay.io/models/it"}}, {"name": "tmp"}])
    for rule in RULES:
        found = production.findings(rule, POD, {"kind": "Pod", "spec": spec})
        assert [sentence.split(" ")[0] for sentence in found] == ["spec.volumes[0].image.reference"], rule


def test_a_container_without_an_image_is_refused(production: Pack) -> None:
    inputs: Properties = {"kind": "Pod", "spec": {"containers": [{"name": "api"}]}}
    assert production.findings("image-tag", POD, inputs) == ["spec.containers[0].image is missing."]


def test_a_patch_may_leave_the_image_as_it_is(production: Pack) -> None:
    inputs: Properties = {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"name": "api"}]}}}}
    said = production.resource(resource("kubernetes:apps/v1:DeploymentPatch", inputs=inputs))
    assert [each for each in said if each.rule in RULES] == []


def test_a_secret_image_is_judged_and_never_quoted(production: Pack) -> None:
    found = _found(production, Secret("registry.canary.example/x:latest"))
    assert set(found) == set(RULES)
    assert not any("canary" in sentence for sentence in found.values())


def test_one_loose_image_hides_no_other(production: Pack) -> None:
    bad = container(image="nginx:latest")
    spec = pod_spec(containers=[bad, container(image=7), bad], initContainers=[bad])
    assert len(production.findings("image-tag", POD, {"kind": "Pod", "spec": spec})) == 4
