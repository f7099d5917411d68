"""Stand-ins for what only another cluster's controller opens: what they leave alone, and when they change."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import yaml

from components import conventions
from components.secret_catalogue import catalogue
from rehearsal import stand_ins
from rehearsal.control_plane.sealing import SealingKey
from runbook.sealing.box import Certificate, Scope, label, seal
from settings.common import Secrets
from tests.runbook.certificates import DAY, NOW, Pair, pair, rsa_key

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
NAMESPACE = "stratmaster-blue"
KEY = "stratmaster:secrets"


def sealing_key(made: Pair) -> SealingKey:
    return SealingKey(private=made.key, certificate=made.certificate)


@pytest.fixture(scope="module")
def ours() -> Pair:
    return pair(key=rsa_key())


def written(home: Path, committed: Path, *keys: Pair) -> Mapping[str, Mapping[str, str]]:
    folder = stand_ins.write(committed, namespace=NAMESPACE, home=home, keys=[sealing_key(each) for each in keys])
    assert folder is not None
    assert folder == home / "secrets"
    document = cast(
        "Mapping[str, Mapping[str, Mapping[str, str]]]", yaml.safe_load((folder / committed.name).read_text())
    )
    return document["secrets"]


def test_every_committed_value_gets_one_that_opens_and_keeps_it(tmp_path: Path, ours: Pair) -> None:
    committed = ROOT / "secrets" / "blue.sealed.yaml"
    before = committed.read_bytes()
    first = written(tmp_path, committed, ours)
    assert {spec.name: set(spec.keys) for spec in catalogue(foundation=False)} == {
        name: set(values) for name, values in first.items()
    }
    assert written(tmp_path, committed, ours) == first
    assert committed.read_bytes() == before
    # Each opens: as stand-ins of their own they would be other values, for nothing seals alike twice.
    copy = tmp_path / "blue.sealed.yaml"
    copy.write_bytes((tmp_path / "secrets" / "blue.sealed.yaml").read_bytes())
    assert written(tmp_path / "other", copy, ours) == first


def test_a_value_for_this_very_controller_is_kept_and_only_what_changes_changes(tmp_path: Path, ours: Pair) -> None:
    committed = tmp_path / "blue.sealed.yaml"
    mine = seal(b"mine", Certificate.parse(ours.certificate, "it", NOW), label(Scope.STRICT, NAMESPACE, "a-sealed"))
    elsewhere = seal(b"x", Certificate.parse(ours.certificate, "it", NOW), label(Scope.STRICT, "elsewhere", "a-sealed"))
    committed.write_text(yaml.safe_dump({"secrets": {"a": {"mine": mine, "other": elsewhere, "clear": "hunter2"}}}))
    first = written(tmp_path, committed, ours)["a"]
    assert first["mine"] == mine
    assert first["other"] != elsewhere
    assert first["clear"] == "hunter2"  # no sealed value: the program refuses it
    committed.write_text(yaml.safe_dump({"secrets": {"a": {"mine": mine, "other": corrupt(elsewhere)}}}))
    assert written(tmp_path, committed, ours)["a"]["other"] != first["other"]


def test_another_controllers_key_means_other_stand_ins(tmp_path: Path, ours: Pair) -> None:
    committed = ROOT / "secrets" / "blue.sealed.yaml"
    first = written(tmp_path, committed, ours)
    renewed = pair(begins=NOW - DAY / 2, key=rsa_key(3072))
    assert written(tmp_path, committed, ours, renewed) == first  # a new key beside the old one opens them still
    assert written(tmp_path, committed, renewed) != first


def test_a_wider_scope_is_kept(tmp_path: Path, ours: Pair) -> None:
    committed = tmp_path / "blue.sealed.yaml"
    certificate = Certificate.parse(ours.certificate, "it", NOW)
    wide = seal(b"x", certificate, label(Scope.NAMESPACE_WIDE, NAMESPACE, "a-sealed"))
    content = {"secrets": {"a": {"key": wide}}, "scopes": {"a": "namespace-wide"}}
    committed.write_text(yaml.safe_dump(content))
    assert written(tmp_path, committed, ours) == content["secrets"]
    assert yaml.safe_load((tmp_path / "secrets" / committed.name).read_text())["scopes"] == content["scopes"]


@pytest.mark.parametrize("text", ["secrets: [", "- a", "secrets: 1", ""])
def test_a_broken_file_is_left_to_the_program(tmp_path: Path, ours: Pair, text: str) -> None:
    committed = tmp_path / "blue.sealed.yaml"
    committed.write_text(text)
    assert stand_ins.write(committed, namespace=NAMESPACE, home=tmp_path, keys=[sealing_key(ours)]) is None
    assert stand_ins.write(tmp_path / "none", namespace=NAMESPACE, home=tmp_path, keys=[sealing_key(ours)]) is None


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({}, True),
        ({KEY: '{"backend": "sealed"}'}, True),
        ({KEY: '{"backend": "plain"}'}, False),
        ({KEY: '{"folder": "elsewhere"}'}, False),
        ({KEY: "nonsense"}, False),
        ({KEY: "[]"}, False),
    ],
)
def test_only_a_stack_that_reads_the_usual_folder_gets_them(found: dict[str, str], wanted: bool) -> None:  # noqa: FBT001
    assert stand_ins.wanted(found, KEY) is wanted


def test_what_is_set_is_what_the_program_reads(tmp_path: Path) -> None:
    over = stand_ins.settings({KEY: '{"backend": "sealed"}'}, KEY, tmp_path)
    assert Secrets.model_validate(over[KEY]).folder == str(tmp_path)
    assert conventions.slot_namespace("blue") == NAMESPACE
    assert conventions.slot_namespace("production") == conventions.PRODUCTION_NAMESPACE


def corrupt(sealed: str) -> str:
    raw = bytearray(base64.b64decode(sealed))
    raw[-1] ^= 1
    return base64.b64encode(raw).decode()
