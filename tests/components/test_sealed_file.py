"""A file of sealed values is read whole or refused by name, before anything is made."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import sealed_file
from components.secret_catalogue import catalogue
from settings import SettingsError

ROOT = Path(__file__).parents[2]
SLOT = catalogue(foundation=False)
STACKS = ("production", "blue", "green")


def ciphertext() -> str:
    return base64.b64encode((512).to_bytes(2, "big") + bytes(512 + 32)).decode()


def complete() -> dict[str, Any]:
    return {"secrets": {spec.name: dict.fromkeys(spec.keys, ciphertext()) for spec in SLOT}}


def committed(stack: str) -> sealed_file.Sealed:
    return sealed_file.read(stack, catalogue(foundation=stack == "production"))


def said(folder: Path, content: object) -> str:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    (folder / "blue.sealed.yaml").write_text(text)
    with pytest.raises(SettingsError) as raised:
        sealed_file.read("blue", SLOT, folder)
    return str(raised.value)


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "blue.sealed.yaml").write_text(yaml.safe_dump(complete()))
    assert set(sealed_file.read("blue", SLOT, tmp_path)) == {spec.name for spec in SLOT}


@pytest.mark.parametrize("stack", STACKS)
def test_the_committed_files_are_complete(stack: str) -> None:
    assert set(committed(stack)) == {spec.name for spec in catalogue(foundation=stack == "production")}


def test_no_two_committed_ciphertexts_are_the_same() -> None:
    every = [value for stack in STACKS for values in committed(stack).values() for value in values.values()]
    assert len(set(every)) == len(every)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^secrets/blue\.sealed\.yaml is missing\.\n"):
        sealed_file.read("blue", SLOT, tmp_path)
    with pytest.raises(SettingsError, match=r"^elsewhere/blue\.sealed\.yaml is missing\.\n"):
        sealed_file.read("blue", SLOT, "elsewhere")


def test_malformed_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert said(tmp_path, "secrets:\n  a: [1\n  b: 2\n").startswith(
        "secrets/blue.sealed.yaml, line 3 is not valid YAML."
    )


@pytest.mark.parametrize("content", ["", "[]", "text", "secrets: []", "other: {}"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    assert said(tmp_path, content).startswith("secrets/blue.sealed.yaml ")


def test_a_secret_of_the_foundations_alone_is_refused_in_a_slot(tmp_path: Path) -> None:
    content = complete()
    content["secrets"]["alerting-credentials"] = {"pagerduty-routing-key": ciphertext()}
    assert said(tmp_path, content).startswith(
        "secrets/blue.sealed.yaml: alerting-credentials is none of the stack's secrets."
    )


def test_every_missing_value_is_named(tmp_path: Path) -> None:
    content = complete()
    del content["secrets"]["jwt-secrets"]
    del content["secrets"]["redis-credentials"]["redis-url"]
    text = said(tmp_path, content)
    for name in ("jwt-secrets.jwt-secret", "jwt-secrets.encryption-key", "redis-credentials.redis-url"):
        assert f"secrets/blue.sealed.yaml: {name} is missing." in text


def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    content = complete()
    content["secrets"]["redis-credentials"]["redis-pasword"] = ciphertext()
    text = said(tmp_path, content)
    assert text.splitlines() == [
        "secrets/blue.sealed.yaml: redis-credentials has no key redis-pasword.",
        "Did you mean redis-password?",
    ]


@pytest.mark.parametrize("value", ["hunter2-canary", "", 5, None, base64.b64encode(b"hunter2-canary").decode()])
def test_a_value_in_clear_text_is_refused_without_being_shown(tmp_path: Path, value: object) -> None:
    content = complete()
    content["secrets"]["redis-credentials"]["redis-password"] = value
    text = said(tmp_path, content)
    assert text.startswith("secrets/blue.sealed.yaml: redis-credentials.redis-password is no sealed value.")
    assert "canary" not in text
