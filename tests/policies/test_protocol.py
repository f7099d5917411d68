"""What the policy SDK loses on the way to a rule, and this pack keeps: unknowns, secrets, rules switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel

from policies.pack.catalogue import EXEMPTIONS, RULES, STACK_RULES
from policies.pack.exemptions import Exemptions
from policies.pack.judge import Judge
from policies.pack.model.documents import MAX_DEPTH
from policies.pack.model.resource import Contents, Context, Resource
from policies.pack.model.values import Finding, Opaque, Value
from policies.pack.protocol import servicer as servicers
from policies.pack.protocol.analysis import Run
from policies.pack.protocol.servicer import Analyzer, analyzer, described
from policies.pack.protocol.wire import Reader
from rehearsal.engine import wire
from tests.policies.judging import TODAY

UNKNOWNS = [
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]
SIGNATURE = "4dabf18193072939515e22adb298388d"


def read(value: wire.Value) -> tuple[Value, set[str]]:
    reader = Reader()
    struct = struct_pb2.Struct.FromString(wire.to_struct({"key": value}).SerializeToString())
    return reader.properties(struct)["key"], reader.secrets


@pytest.mark.parametrize("sentinel", UNKNOWNS)
def test_an_unknown_of_every_type_is_unknown(sentinel: str) -> None:
    assert read([sentinel]) == ([Opaque.UNKNOWN], set())


def test_a_secret_keeps_its_value_and_is_known_by_its_path() -> None:
    value, secrets = read({"a": [wire.Secret("hidden"), wire.Secret({"deep": 1})]})
    assert value == {"a": ["hidden", {"deep": 1.0}]}
    assert secrets == {"key.a[0]", "key.a[1]"}


def test_an_unknown_secret_is_both() -> None:
    assert read(wire.Secret(wire.UNKNOWN)) == (Opaque.UNKNOWN, {"key"})


def test_a_mark_that_nobody_knows_is_unknown_rather_than_a_mapping() -> None:
    assert read({SIGNATURE: "something new", "hostPID": True}) == (Opaque.UNKNOWN, set())


def test_a_value_nested_beyond_any_object_cannot_be_judged() -> None:
    value: wire.Value = 1
    for _ in range(MAX_DEPTH + 5):
        value = {"a": value}
    found, _ = read(value)
    while isinstance(found, dict):
        found = found["a"]
    assert found is Opaque.MALFORMED


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_any_plain_value_arrives_as_it_was_sent(value: wire.Value) -> None:
    assert read(value) == (value, set())


def _servicer() -> Analyzer:
    judge = Judge(Exemptions(today=TODAY))
    run = Run(context=Context(stack="blue", role="slot"), judge=judge, look_into=lambda _: Contents())
    return analyzer(run)(servicers.NAME, servicers.VERSION, described(), EnforcementLevel.ADVISORY)


def _configured(levels: Mapping[str, int]) -> list[analyzer_pb2.AnalyzeDiagnostic]:
    asked = _servicer()
    config = {name: analyzer_pb2.PolicyConfig(enforcementLevel=level) for name, level in levels.items()}  # pyright: ignore[reportArgumentType] an enum's number
    asked.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))
    return list(asked.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest()).diagnostics)


ESSENTIAL = [rule for rule in (*RULES, *STACK_RULES) if rule.enforcement == "mandatory"]


@pytest.mark.parametrize("level", [analyzer_pb2.DISABLED, analyzer_pb2.ADVISORY])
def test_an_essential_rule_that_the_policy_config_weakens_blocks_the_run(level: int) -> None:
    found = _configured({rule.id: level for rule in ESSENTIAL})
    weakened = [each for each in found if "policy config weakens" in each.message]
    assert {each.policyName for each in weakened} == {rule.id for rule in ESSENTIAL}
    assert {each.enforcementLevel for each in weakened} == {analyzer_pb2.MANDATORY}


def test_a_policy_config_that_weakens_nothing_essential_is_accepted() -> None:
    assert not [each for each in _configured({}) if "weakens" in each.message]
    strict = dict.fromkeys([rule.id for rule in ESSENTIAL], analyzer_pb2.MANDATORY)
    assert not [each for each in _configured(strict) if "weakens" in each.message]


def test_a_weakened_rule_is_asked_all_the_same() -> None:
    asked = _servicer()
    config = {rule.id: analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.DISABLED) for rule in ESSENTIAL}
    asked.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))
    request = analyzer_pb2.AnalyzeRequest(
        urn="urn:pulumi:blue::p::docker:index/container:Container::vm", type="docker:index/container:Container"
    )
    found = asked.Analyze(request).diagnostics
    assert [(each.policyName, each.enforcementLevel) for each in found] == [
        ("coverage-known-type", analyzer_pb2.MANDATORY)
    ]


def test_the_engine_is_told_of_every_rule_with_its_level_and_severity() -> None:
    info = _servicer().GetAnalyzerInfo(None, None)  # pyright: ignore[reportUnknownMemberType] the SDK has no types here
    told = {each.name: each for each in info.policies}
    assert set(told) == {rule.id for rule in (*RULES, *STACK_RULES)}
    for rule in (*RULES, *STACK_RULES):
        assert told[rule.id].description == rule.title
        blocking = told[rule.id].enforcementLevel == analyzer_pb2.MANDATORY
        assert blocking == (rule.enforcement == "mandatory")


def test_a_rule_that_crashes_blocks_names_its_place_and_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Resource) -> list[Finding]:
        raise ValueError("the password is hunter2")

    broken = [replace(RULES[0], id="broken-rule", check=crash), *RULES]
    monkeypatch.setattr("policies.pack.judge.RULES", tuple(broken))
    request = analyzer_pb2.AnalyzeRequest(
        urn="urn:pulumi:blue::p::docker:index/container:Container::vm", type="docker:index/container:Container"
    )
    found = {each.policyName: each for each in _servicer().Analyze(request).diagnostics}
    assert set(found) == {"broken-rule", "coverage-known-type"}
    assert found["broken-rule"].enforcementLevel == analyzer_pb2.MANDATORY
    assert "ValueError in test_protocol.py, line" in found["broken-rule"].message
    assert "hunter2" not in found["broken-rule"].message


def test_the_exemptions_rule_is_the_packs_own() -> None:
    assert EXEMPTIONS in STACK_RULES
