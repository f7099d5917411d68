"""What may break a rule for a while: only what is named exactly, for a reason, until a day that isn't far off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from policies.pack.exemptions import EXEMPTIONS_FILE, MAX_DAYS, Exemption, Exemptions
from rehearsal.engine.wire import Properties
from tests.policies.judging import TODAY, Pack, Said, container, pod_spec, resource

BAD: Properties = {
    "kind": "Pod",
    "metadata": {"name": "it", "namespace": "stratmaster-blue"},
    "spec": pod_spec(containers=[container(image="ghcr.io/iamjonobo/stratmaster-api:latest@sha256:" + "0a" * 32)]),
}
POD = resource("kubernetes:core/v1:Pod", inputs=BAD)
PASS = Exemption(
    rule="image-tag",
    urn=POD.urn,
    path="spec.containers[0].image",
    reason="The vendor names no versions until January.",
    owner="platform",
    expires=TODAY + timedelta(days=30),
)


def blocked(*entries: Exemption) -> list[Said]:
    said = replace(Pack(), exemptions=entries).stack(POD)
    return [each for each in said if each.rule in {"image-tag", "exemptions-in-order"}]


def test_without_an_exemption_the_rule_blocks() -> None:
    assert [each.rule for each in blocked()] == ["image-tag"]


def test_an_exemption_lets_exactly_its_own_finding_pass() -> None:
    assert blocked(PASS) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(PASS, rule="image-digest"),
        replace(PASS, urn=PASS.urn + "x"),
        replace(PASS, path="spec.containers[1].image"),
        replace(PASS, path="spec.containers"),
    ],
)
def test_an_exemption_for_anything_else_lets_nothing_pass_and_fails_the_run_as_unneeded(other: Exemption) -> None:
    said = blocked(other)
    assert [each.rule for each in said] == ["image-tag", "exemptions-in-order"]
    assert "nothing needs" in said[1].sentence


def test_an_exemption_holds_on_its_last_day_and_not_the_day_after() -> None:
    assert blocked(replace(PASS, expires=TODAY)) == []
    said = blocked(replace(PASS, expires=TODAY - timedelta(days=1)))
    assert [each.rule for each in said] == ["image-tag", "exemptions-in-order"]
    assert "ended on" in said[1].sentence


def test_an_exemption_ends_at_most_ninety_days_off() -> None:
    assert blocked(replace(PASS, expires=TODAY + timedelta(days=MAX_DAYS))) == []
    said = blocked(replace(PASS, expires=TODAY + timedelta(days=MAX_DAYS + 1)))
    assert [each.rule for each in said] == ["image-tag", "exemptions-in-order"]


def test_an_exemption_of_another_stack_is_not_judged_here() -> None:
    assert [each.rule for each in blocked(PASS, replace(PASS, urn=PASS.urn.replace(":blue:", ":green:")))] == []


def test_the_committed_file_is_in_order() -> None:
    assert Exemptions.load(EXEMPTIONS_FILE, TODAY).broken == ()


ENTRY = {**vars(PASS), "expires": PASS.expires.isoformat()}


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({key: value for key, value in ENTRY.items() if key != "owner"}, "owner"),
        ({**ENTRY, "expires": "soon"}, "expires"),
        ({**ENTRY, "expires": "2026-13-45"}, "expires"),
        ({**ENTRY, "reason": "because"}, "reason"),
        ({**ENTRY, "urn": "*"}, "urn"),
        ({**ENTRY, "until": "2026-12-01"}, "until"),
    ],
)
def test_a_malformed_entry_is_named_and_then_none_holds(tmp_path: Path, entry: Mapping[str, str], where: str) -> None:
    found = _loaded(tmp_path, yaml.safe_dump({"exemptions": [ENTRY, entry]}))
    assert where in " ".join(found.broken)
    assert found.entries == ()


@pytest.mark.parametrize("text", ["", "exemptions", "exemptions: {}", "exemptions: [", "- 1", "\ufffe\x00"])
def test_a_broken_file_fails_the_run(tmp_path: Path, text: str) -> None:
    found = _loaded(tmp_path, text)
    assert found.broken
    assert list(found.problems("blue")) == list(found.broken)


def test_a_file_that_is_no_text_or_not_there_fails_the_run(tmp_path: Path) -> None:
    file = tmp_path / "exemptions.yaml"
    assert Exemptions.load(file, TODAY).broken
    file.write_bytes(b"\xff\xfe\x00")
    assert Exemptions.load(file, TODAY).broken


def _loaded(folder: Path, text: str) -> Exemptions:
    file = folder / "exemptions.yaml"
    file.write_text(text, encoding="utf-8")
    return Exemptions.load(file, date(2026, 11, 23))
