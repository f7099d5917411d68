"""The JSON Schema of the stack files, for editors: `python -m settings.schema` writes settings/schema.json anew."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from pydantic.json_schema import models_json_schema

from settings.loading import NAMESPACE, ROLES

PATH: Final = Path(__file__).with_name("schema.json")
_ENCRYPTED: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["secure"],
    "additionalProperties": False,
    "properties": {"secure": {"type": "string"}},
}
_BESIDE_CONFIG: Final = ("encryptionsalt", "encryptedkey", "secretsprovider")
_REFS: Final = "#/definitions/{model}"


def schema() -> str:
    """The schema as text: one alternative per role, told apart by stratmaster:role."""
    _, definitions = models_json_schema([(model, "validation") for model in ROLES.values()], ref_template=_REFS)
    models: dict[str, Any] = definitions["$defs"]
    roles = [_config(models.pop(model.__name__)) for model in ROLES.values()]
    whole = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A stack of StratMaster",
        "type": "object",
        "required": ["config"],
        "additionalProperties": False,
        "properties": {"config": {"oneOf": roles}, **{key: {"type": "string"} for key in _BESIDE_CONFIG}},
        "definitions": models,
    }
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def _config(model: Mapping[str, Any]) -> dict[str, Any]:
    """One role's settings under their full keys; a value may also stand encrypted, Pulumi's own keys beside them."""
    return {
        "title": model["title"],
        "description": model["description"],
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {"^pulumi:": {}},
        "required": [f"{NAMESPACE}:{key}" for key in model["required"]],
        "properties": {
            f"{NAMESPACE}:{key}": value if "const" in value else {"anyOf": [_encrypted(value), _ENCRYPTED]}
            for key, value in model["properties"].items()
        },
    }


def _encrypted(value: Any) -> Any:  # noqa: ANN401 - a part of a schema
    """A setting's schema in which whatever is secret stands encrypted."""
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    return _ENCRYPTED if fields.get("writeOnly") else {key: _encrypted(part) for key, part in fields.items()}


if __name__ == "__main__":
    PATH.write_text(schema(), encoding="utf-8")
