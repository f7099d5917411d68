"""An unknown at each place that a rule about pods reads, one at a time: the rule never passes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias, cast

import pytest

from policies.pack import judge
from policies.pack.model.pods import containers as containers_of
from policies.pack.model.record import Rule, per
from policies.pack.model.values import Field
from policies.pack.rules import containers, images, pod_security, probes, service_accounts, workloads
from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import Pack, container, every_kind, pod_spec, resource

Path: TypeAlias = tuple[str | int, ...]

RULES: Final = tuple(
    rule
    for area in (pod_security, containers, probes, workloads, service_accounts, images)
    for rule in area.RULES
    if isinstance(rule, Rule) and rule.enforcement == "mandatory"
)
FRAME: Final = replace(RULES[0], id="frame", check=per(containers_of, lambda _: ()))
"""Reads what it takes to find containers, and nothing else."""

_HELPER: Final = container(readinessProbe=None, livenessProbe=None)
SPEC: Final = pod_spec(
    initContainers=[_HELPER],
    ephemeralContainers=[{**_HELPER, "resources": None}],
    volumes=[{"name": "tmp", "emptyDir": {}}],
)
ANNOTATIONS: Final[Properties] = {"container.apparmor.security.beta.kubernetes.io/api": "runtime/default"}
KINDS: Final[dict[str, Properties]] = {
    **dict(every_kind(SPEC, ANNOTATIONS)),
    "kubernetes:core/v1:ServiceAccount": {"kind": "ServiceAccount", "automountServiceAccountToken": False},
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": {
        "kind": "RoleBinding",
        "subjects": [{"kind": "Group", "name": "stratmaster:ci"}],
    },
    "kubernetes:core/v1:PersistentVolume": {
        "kind": "PersistentVolume",
        "spec": {"csi": {"driver": "ebs.csi.aws.com"}},
    },
}


NEEDLESS: Final[set[tuple[str, str | int]]] = {
    # Whatever an emptyDir is, it is one; so is a volume that is nothing.
    ("pod-volume-types", "emptyDir"),
    ("pod-volume-types", "name"),
    # In a Patch they ask whether there is an image, and there is: they take nothing for left as it was.
    *((rule.id, "image") for rule in RULES if not rule.id.startswith("image-")),
}
"""Where a rule may pass although something that it read is unknown: the rule, and the field's name."""


def _read(pack: Pack, type_: str, inputs: Properties, monkeypatch: pytest.MonkeyPatch) -> dict[Path, set[str]]:
    """Each place that the rules read in a resource, whether anything stands there or not, with the rules' names."""
    places: dict[Path, set[str]] = {}
    child = Field.child
    reading = ""

    def noted(self: Field, key: str) -> Field:
        places.setdefault((*_keys(self.path), key), set()).add(reading)
        return child(self, key)

    with monkeypatch.context() as patch:
        patch.setattr(Field, "child", noted)
        for rule in (FRAME, *RULES):
            patch.setattr(judge, "RULES", (rule,))
            reading = rule.id
            assert pack.resource(resource(type_, inputs=inputs)) == []
    return {path: readers for path, readers in places.items() if FRAME.id not in readers}


def _keys(path: str) -> Iterator[str | int]:
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        yield name or int(index)


def _with(holder: Value, path: Path, value: Value) -> Value:
    """A copy with `value` at a place, and mappings on the way to it where there are none."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    if isinstance(key, int):
        items = cast("list[Value]", holder)
        return [_with(item, rest, value) if index == key else item for index, item in enumerate(items)]
    own = cast("Mapping[str, Value]", holder or {})
    return {**own, key: _with(own.get(key), rest, value)}


@pytest.mark.parametrize(
    ("type_", "unknown"),
    [*((type_, UNKNOWN) for type_ in KINDS), ("kubernetes:apps/v1:Deployment", Secret(UNKNOWN))],
    ids=[*KINDS, "secret"],
)
def test_an_unknown_at_each_place_that_a_rule_reads_blocks(
    production: Pack, monkeypatch: pytest.MonkeyPatch, type_: str, unknown: Value
) -> None:
    places = _read(production, type_, KINDS[type_], monkeypatch)
    passed: list[tuple[str, str | int]] = []
    for path, readers in places.items():
        changed = cast("Properties", _with(KINDS[type_], path, unknown))
        found = {said.rule for said in production.resource(resource(type_, inputs=changed)) if said.mandatory}
        if "coverage-readable" not in found:  # what can't be looked into at all blocks by itself
            passed += [(rule, path[-1]) for rule in readers - found]
    assert set(passed) <= NEEDLESS
