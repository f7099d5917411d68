"""Resources as JSON and back, in the field names of Pulumi's deployment format, secrets encrypted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias, cast

from rehearsal.engine.crypter import Crypter
from rehearsal.engine.resource import Resource, Timeouts
from rehearsal.engine.wire import (
    SECRET_SIGNATURE,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
    Properties,
    Secret,
    Unknown,
    Value,
    from_json,
)

JsonObject: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class Codec:
    """Encodes and decodes resources with a stack's crypter."""

    crypter: Crypter

    def encode(self, resource: Resource) -> JsonObject:
        """The JSON form of `resource`; fields that say nothing are left out."""
        entry: JsonObject = {
            "urn": resource.urn,
            "custom": resource.custom,
            "id": resource.id,
            "type": resource.type,
            "inputs": self._seal(resource.inputs),
            "outputs": self._seal(resource.outputs),
            "parent": resource.parent,
            "dependencies": list(resource.dependencies),
            "propertyDependencies": {key: list(urns) for key, urns in resource.property_dependencies.items()},
            "provider": resource.provider,
            "protect": resource.protect,
            "retainOnDelete": resource.retain_on_delete,
            "external": resource.external,
            "delete": resource.delete,
            "initErrors": list(resource.init_errors),
            "additionalSecretOutputs": list(resource.additional_secret_outputs),
            "customTimeouts": {key: value for key, value in vars(resource.timeouts).items() if value is not None},
        }
        return {key: value for key, value in entry.items() if value or key in {"urn", "custom", "type"}}

    def decode(self, entry: JsonObject) -> Resource:
        """The resource that `encode` made `entry` of."""
        dependencies = cast("dict[str, list[str]]", entry.get("propertyDependencies", {}))
        return Resource(
            urn=str(entry["urn"]),
            type=str(entry["type"]),
            custom=bool(entry["custom"]),
            id=str(entry.get("id", "")),
            inputs=self._open(entry.get("inputs", {})),
            outputs=self._open(entry.get("outputs", {})),
            parent=str(entry.get("parent", "")),
            dependencies=_texts(entry, "dependencies"),
            property_dependencies={key: tuple(urns) for key, urns in dependencies.items()},
            provider=str(entry.get("provider", "")),
            protect=bool(entry.get("protect")),
            retain_on_delete=bool(entry.get("retainOnDelete")),
            external=bool(entry.get("external")),
            delete=bool(entry.get("delete")),
            init_errors=_texts(entry, "initErrors"),
            timeouts=Timeouts(**cast("dict[str, float]", entry.get("customTimeouts", {}))),
            additional_secret_outputs=_texts(entry, "additionalSecretOutputs"),
        )

    def _seal(self, value: Value) -> object:
        match value:
            case Secret():
                clear = json.dumps(self._seal(value.value))
                return {SIGNATURE: SECRET_SIGNATURE, "ciphertext": self.crypter.encrypt(clear)}
            case Unknown():
                return UNKNOWN_TEXT
            case dict():
                return {key: self._seal(item) for key, item in value.items()}
            case list():
                return [self._seal(item) for item in value]
            case _:
                return value

    def _open(self, value: object) -> Properties:
        return cast("Properties", self._open_value(value))

    def _open_value(self, value: object) -> Value:
        if isinstance(value, str):
            return UNKNOWN if value == UNKNOWN_TEXT else value
        if isinstance(value, list):
            return [self._open_value(item) for item in cast("list[object]", value)]
        if not isinstance(value, dict):
            return from_json(value)
        fields = cast("JsonObject", value)
        if fields.get(SIGNATURE) == SECRET_SIGNATURE:
            return Secret(self._open_value(json.loads(self.crypter.decrypt(str(fields["ciphertext"])))))
        return {key: self._open_value(item) for key, item in fields.items()}


def _texts(entry: JsonObject, key: str) -> tuple[str, ...]:
    return tuple(cast("list[str]", entry.get(key, [])))
