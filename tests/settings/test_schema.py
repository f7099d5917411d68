"""Editors are told the truth about the stack files."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from settings import schema

ROOT = Path(__file__).parents[2]
STACK_FILES = sorted(ROOT.glob("Pulumi.*.yaml"))


def test_the_committed_schema_is_current() -> None:
    assert schema.PATH.read_text() == schema.schema(), "run `python -m settings.schema`"


@pytest.mark.parametrize("file", STACK_FILES, ids=lambda file: file.name)
def test_every_stack_file_is_valid_by_the_schema_and_names_it(file: Path) -> None:
    assert file.read_text().startswith("# yaml-language-server: $schema=settings/schema.json\n")
    jsonschema.validate(yaml.safe_load(file.read_text()), json.loads(schema.PATH.read_text()))


def test_an_editor_shows_a_misspelt_key() -> None:
    file = yaml.safe_load((ROOT / "Pulumi.traffic.yaml").read_text())
    file["config"]["stratmaster:wieghts"] = file["config"].pop("stratmaster:weights")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(file, json.loads(schema.PATH.read_text()))


def test_an_encrypted_value_is_valid_by_the_schema() -> None:
    file = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    file["config"]["stratmaster:secretValues"] = {"external-api-keys": {"openai-api-key": {"secure": "v1:abc"}}}
    file["encryptionsalt"] = "v1:salt"
    jsonschema.validate(file, json.loads(schema.PATH.read_text()))


def test_a_file_that_the_cli_has_written_back_is_valid_by_the_schema() -> None:
    file = yaml.safe_load((ROOT / "Pulumi.traffic.yaml").read_text())
    file["config"]["stratmaster:maintenance"] = "false"
    file["config"]["stratmaster:limits"] = {"timeoutSeconds": "600"}
    jsonschema.validate(file, json.loads(schema.PATH.read_text()))


def test_an_editor_shows_a_number_out_of_bounds() -> None:
    file = yaml.safe_load((ROOT / "Pulumi.traffic.yaml").read_text())
    file["config"]["stratmaster:weights"] = {"blue": 101}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(file, json.loads(schema.PATH.read_text()))
