"""An unknown, injected at each place that a rule reads or has to pass on its way there, is a violation by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import Judge, container, every_kind, pod_spec, replaced

# Beside the string's, the SDK knows an unknown of each other type (pulumi_policy/proxy.py).
SENTINELS = [
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]
SPEC = pod_spec(hostIPC=False, hostNetwork=False, initContainers=[container()], ephemeralContainers=[container()])
HARMLESS = {"metadata", "replicas", "schedule", "apiVersion", "name"}
READ_BY_ONE = {
    "workload-no-privilege": {"hostPID", "hostIPC", "hostNetwork", "securityContext", "privileged"},
    "image-pinned": {"image"},
}
KINDS = list(every_kind(SPEC))


def _paths(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in `value` that a rule has to look at or pass."""
    children: Iterator[tuple[str | int, Value]] = iter(())
    if isinstance(value, Mapping):
        children = iter(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        children = iter(enumerate(value))
    for key, item in children:
        if key not in HARMLESS and key != "kind":
            yield (*path, key)
            yield from _paths(item, (*path, key))


def _rules_that_read(path: Sequence[str | int]) -> set[str]:
    own = {rule for rule, keys in READ_BY_ONE.items() if keys & set(path)}
    return own or set(READ_BY_ONE)


@pytest.mark.parametrize(("type_", "inputs"), KINDS, ids=[type_ for type_, _ in KINDS])
def test_an_unknown_anywhere_on_a_rules_way_blocks(production: Judge, type_: str, inputs: Properties) -> None:
    paths = list(_paths(inputs))
    assert len(paths) >= 13
    for path in paths:
        changed = replaced(inputs, path, UNKNOWN)
        assert isinstance(changed, dict)
        violations = production.violations(type_, changed)
        assert {item.policy for item in violations if item.mandatory} == _rules_that_read(path), path
        assert all(item.mandatory and "is unknown until the update" in item.message for item in violations), path


@pytest.mark.parametrize("key", sorted(HARMLESS - {"schedule", "replicas"}))
def test_an_unknown_that_no_rule_needs_blocks_nothing(production: Judge, key: str) -> None:
    inputs: Properties = {"kind": "Pod", "apiVersion": "v1", "metadata": {}, "spec": SPEC, "name": "x"}
    assert production.violations("kubernetes:core/v1:Pod", {**inputs, key: UNKNOWN}) == []


def test_an_unknown_label_whose_key_looks_like_the_way_to_a_pod_blocks_nothing(production: Judge) -> None:
    metadata: Properties = {"annotations": {"example.com/template": UNKNOWN}}
    inputs: Properties = {"kind": "Deployment", "metadata": metadata, "spec": {"template": {"spec": SPEC}}}
    assert production.violations("kubernetes:apps/v1:Deployment", inputs) == []


@pytest.mark.parametrize("sentinel", SENTINELS)
def test_an_unknown_of_every_type_blocks(production: Judge, sentinel: str) -> None:
    inputs: Properties = {"kind": "Pod", "spec": pod_spec(containers=sentinel)}
    assert len(production.violations("kubernetes:core/v1:Pod", inputs)) == 2


def test_an_unknown_inside_a_secret_blocks(production: Judge) -> None:
    inputs: Properties = {"kind": "Pod", "spec": pod_spec(containers=[container(image=Secret(UNKNOWN))])}
    assert len(production.findings("image-pinned", "kubernetes:core/v1:Pod", inputs)) == 1


def test_a_privileged_container_beside_an_unknown_image_is_still_reported(production: Judge) -> None:
    bad = container(image=UNKNOWN, securityContext={"privileged": True})
    inputs: Properties = {"kind": "Pod", "spec": pod_spec(containers=[bad])}
    violations = production.violations("kubernetes:core/v1:Pod", inputs)
    assert {(item.policy, item.mandatory) for item in violations} == {
        ("workload-no-privilege", True),
        ("image-pinned", True),
    }


def test_an_object_whose_kind_is_unknown_is_looked_into(production: Judge) -> None:
    inputs: Properties = {"kind": UNKNOWN, "spec": pod_spec(hostPID=True)}
    assert len(production.findings("workload-no-privilege", "kubernetes:core/v1:ConfigMap", inputs)) == 1
