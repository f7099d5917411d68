"""The pack's Pod Security rules against the pods by which Kubernetes shows what each level means: 148 of 148."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import yaml

from policies.pack.rules.pod_security import BASELINE, RESTRICTED
from rehearsal.engine.wire import Properties
from tests.policies.judging import Pack, every_kind, resource
from tests.policies.pod_security_fixtures import LEVELS, Fixture, Level, fixtures

RULES: Final = {"baseline": {rule.id for rule in BASELINE}, "restricted": {rule.id for rule in RESTRICTED}}
KINDS: Final = [type_ for type_, _ in every_kind({})]
SOME_KINDS: Final = ("core/v1:Pod", "batch/v1:CronJob", "argoproj.io/v1alpha1:Rollout", "apps/v1:DeploymentPatch")

HARMLESS: Final[Properties] = {
    "name": "harmless",
    "image": "registry.k8s.io/pause",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}

LEFT_OUT: Final = {
    "restricted/fail/allowprivilegeescalation2",
    "restricted/fail/allowprivilegeescalation3",
    "restricted/fail/capabilities_restricted0",
    "restricted/fail/capabilities_restricted1",
    "restricted/fail/runasnonroot0",
    "restricted/fail/seccompprofile_restricted0",
    "restricted/fail/seccompprofile_restricted2",
    "restricted/fail/seccompprofile_restricted3",
}
"""The fixtures that fail by what they leave out alone. Where a Patch's container has no image, that is left as it is in
the cluster: Kubernetes adds no container without one, so it is a container that was judged where it was declared."""

STRICTER: Final = {
    "container-read-only-root": "no level knows it; W12 of the catalogue",
    "container-resources": "no level is about resources",
    "image-digest": "levels don't look at images",
    "image-registry": "levels don't look at images",
    "image-tag": "levels don't look at images",
    "pod-no-api-token": "levels leave the API's token to RBAC",
    "pod-service-account": "levels leave accounts to RBAC",
    "probe-liveness": "levels are about safety, not about availability",
    "probe-readiness": "levels are about safety, not about availability",
    "workload-no-bare-pods": "the fixtures are pods as their controllers would make them",
}
"""What the pack demands beyond "restricted", and why a pod that the level lets through may still be refused."""


@pytest.fixture(scope="module")
def shown() -> tuple[Fixture, ...]:
    return fixtures()


def _refused(pack: Pack, level: Level, type_: str, inputs: Properties) -> bool:
    """Whether the rules of a level find anything."""
    return any(said.rule in RULES[level] for said in pack.resource(resource(type_, inputs=inputs)))


def _in_kind(kind: str, fixture: Fixture) -> Properties:
    return dict(every_kind(fixture.spec, fixture.annotations))[kind]


def _wrong(pack: Pack, kind: str, shown: tuple[Fixture, ...]) -> list[str]:
    return [str(each) for each in shown if _refused(pack, each.level, kind, _in_kind(kind, each)) == each.passes]


def test_there_are_as_many_fixtures_as_are_spoken_of(shown: tuple[Fixture, ...]) -> None:
    count = {(level, passes): 0 for level in LEVELS for passes in (True, False)}
    for each in shown:
        count[each.level, each.passes] += 1
    assert list(count.values()) == [15, 34, 23, 76]
    assert len(shown) == 148


def test_each_pod_as_it_is_published_is_judged_as_its_level_does(production: Pack, shown: tuple[Fixture, ...]) -> None:
    wrong = [
        str(each)
        for each in shown
        if _refused(production, each.level, "kubernetes:core/v1:Pod", each.pod) == each.passes
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_pod_is_judged_the_same_in_every_kind(production: Pack, shown: tuple[Fixture, ...], kind: str) -> None:
    assert _wrong(production, kind, shown) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.endswith("Patch")])
def test_a_patch_without_images_is_refused_for_what_it_says_and_not_for_what_it_leaves_as_it_is(
    production: Pack, shown: tuple[Fixture, ...], kind: str
) -> None:
    assert set(_wrong(production, kind, tuple(_without_images(each) for each in shown))) == LEFT_OUT


def _without_images(fixture: Fixture) -> Fixture:
    lists = {
        key: [{own: value for own, value in each.items() if own != "image"} for each in fixture.containers(key)]
        for key in ("containers", "initContainers")
    }
    return replace(fixture, pod={**fixture.pod, "spec": {**fixture.spec, **lists}})


def _as_ephemeral(shown: tuple[Fixture, ...]) -> Iterator[tuple[Fixture, Properties]]:
    """Each pod with its own containers as ephemeral ones, beside a harmless one."""
    for each in shown:
        own = [*each.containers("containers"), *each.containers("initContainers")]
        yield each, {**each.spec, "containers": [HARMLESS], "initContainers": [], "ephemeralContainers": own}


def test_each_pod_is_judged_the_same_with_its_containers_as_ephemeral_ones(
    production: Pack, shown: tuple[Fixture, ...]
) -> None:
    changed = [replace(each, pod={**each.pod, "spec": spec}) for each, spec in _as_ephemeral(shown)]
    for kind in SOME_KINDS:
        assert _wrong(production, f"kubernetes:{kind}", tuple(changed)) == [], kind


def test_each_pod_is_judged_the_same_inside_a_helm_release(
    production: Pack, shown: tuple[Fixture, ...], tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "fixtures", "version": "1.0.0"}))
    for index, each in enumerate(shown):
        pod = {**each.pod, "metadata": {"name": f"pod-{index}", "annotations": each.annotations}}
        (tmp_path / "templates" / f"{index}.yaml").write_text(yaml.safe_dump(pod))
    inputs: Properties = {"chart": str(tmp_path), "name": "fixtures", "namespace": "stratmaster-blue"}
    refused: dict[Level, set[int]] = {"baseline": set(), "restricted": set()}
    for said in production.resource(resource("kubernetes:helm.sh/v3:Release", inputs=inputs)):
        place = re.search(r"Pod stratmaster-blue/pod-(\d+)\b", said.sentence)
        for level in LEVELS:
            if place and said.rule in RULES[level]:
                refused[level].add(int(place[1]))
    assert [str(each) for index, each in enumerate(shown) if (index in refused[each.level]) == each.passes] == []


def test_what_the_pack_demands_beyond_the_restricted_level_is_known(
    production: Pack, shown: tuple[Fixture, ...]
) -> None:
    found = {
        said.rule
        for each in shown
        if each.passes and each.level == "restricted"
        for said in production.resource(
            resource("kubernetes:core/v1:Pod", inputs=_in_kind("kubernetes:core/v1:Pod", each))
        )
    }
    assert found == set(STRICTER)
