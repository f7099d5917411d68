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
_AS_TEXT: Final[Mapping[str, Mapping[str, Any]]] = {
    "integer": {"type": ["integer", "string"], "pattern": "^-?[0-9]+$"},
    "boolean": {"enum": [True, False, "true", "false"], "type": ["boolean", "string"]},
}
_KEYWORDS: Final = {"ge": "minimum", "le": "maximum"}  # pydantic's own words, below a validator of ours
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
        "definitions": {name: _written(model) for name, model in models.items()},
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
            f"{NAMESPACE}:{key}": value if "const" in value else {"anyOf": [_written(value), _ENCRYPTED]}
            for key, value in model["properties"].items()
        },
    }


def _written(value: Any) -> Any:  # noqa: ANN401 - a part of a schema
    """A setting's schema as values stand in a stack file.

    What is secret stands encrypted; and numbers and booleans may stand as text, which is how the CLI writes them back.
    """
    if not isinstance(value, dict):
        return value
    fields = {_KEYWORDS.get(key, key): _written(part) for key, part in cast("dict[str, Any]", value).items()}
    if fields.get("writeOnly"):
        return _ENCRYPTED
    return {**fields, **_AS_TEXT.get(str(fields.get("type")), {})}


if __name__ == "__main__":
    PATH.write_text(schema(), encoding="utf-8")
