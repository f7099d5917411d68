"""Stand-ins for secret values, so that a chart can be rendered without one ever reaching Helm or a message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from ..model.values import Opaque, Value

MARK: Final = "pulumi-secret-placeholder"
"""Begins every stand-in that may be any string; where a rule meets it, a secret went there."""
_CANDIDATES: Final[tuple[Value, ...]] = (MARK, f"{MARK}-of-some-length-0123456789", 1.0, True, 65535.0, [], {})


@dataclass(frozen=True)
class Placeholders:
    """Makes stand-ins that a chart's `values.schema.json` accepts; any string will do without a schema."""

    schema: Mapping[str, object]

    @classmethod
    def of_chart(cls, chart: Path) -> Placeholders:
        """Those for a chart in a folder."""
        try:
            schema: object = json.loads((chart / "values.schema.json").read_bytes())
        except (OSError, ValueError):
            schema = {}
        return cls(cast("Mapping[str, object]", schema) if isinstance(schema, dict) else {})

    def fill(self, values: dict[str, Value], secrets: frozenset[str]) -> dict[str, Value]:
        """`values` with a stand-in for each secret.

        Args:
            values: a release's values.
            secrets: the paths of those that are secret, from the values' own root (`database.password`, `keys[0]`).
        """
        filled = self._filled(values, "", (self.schema,), secrets)
        return filled if isinstance(filled, dict) else {}

    def _filled(
        self, value: Value, path: str, schemas: tuple[Mapping[str, object], ...], secrets: frozenset[str]
    ) -> Value:
        if path in secrets and not isinstance(value, Opaque):
            return self._stand_in(value, path, schemas, secrets)
        match value:
            case dict():
                return {
                    key: self._filled(item, f"{path}.{key}" if path else key, self._below(schemas, key), secrets)
                    for key, item in value.items()
                }
            case list():
                below = self._below(schemas, None)
                return [self._filled(item, f"{path}[{index}]", below, secrets) for index, item in enumerate(value)]
            case _:
                return value

    def _stand_in(
        self, value: Value, path: str, schemas: tuple[Mapping[str, object], ...], secrets: frozenset[str]
    ) -> Value:
        if isinstance(value, dict | list):  # the shape stays, each value in it is as secret as the whole
            inner = {*secrets, *_leaves(value, path)} - {path}
            return self._filled(value, path, schemas, frozenset(inner))
        alike = sorted(_CANDIDATES, key=lambda each: type(each) is not type(value))
        for candidate in (*alike, *self._particular(schemas)):
            if all(self._fits(candidate, schema) for schema in schemas):
                return candidate
        return MARK  # then Helm says what the schema wants, and the release is refused

    def _fits(self, candidate: Value, schema: Mapping[str, object]) -> bool:
        import jsonschema  # noqa: PLC0415 slow to import, and only needed where values are secret

        whole = {**schema, "$defs": self.schema.get("$defs", {}), "definitions": self.schema.get("definitions", {})}
        try:
            jsonschema.validate(candidate, whole)
        except jsonschema.ValidationError:
            return False
        return True

    def _particular(self, schemas: tuple[Mapping[str, object], ...]) -> list[Value]:
        """Values that the schemas name themselves: of an enumeration, a constant, a pattern."""
        found: list[Value] = []
        for schema in schemas:
            found += cast("list[Value]", schema.get("enum", []))
            found += [cast("Value", schema["const"])] if "const" in schema else []
            found += [cast("Value", schema["minimum"])] if "minimum" in schema else []
            if isinstance(pattern := schema.get("pattern"), str):
                import rstr  # noqa: PLC0415 as jsonschema

                found.append(rstr.xeger(pattern))
            if isinstance(length := schema.get("maxLength"), int):
                found.append(MARK[:length])
            if isinstance(length := schema.get("minLength"), int):
                found.append(MARK.ljust(length, "-"))
        return found

    def _below(self, schemas: tuple[Mapping[str, object], ...], key: str | None) -> tuple[Mapping[str, object], ...]:
        """What the schemas say of a value's field, or, without a key, of its items."""
        found: list[object] = []
        for schema in schemas:
            for one in self._resolved(schema):
                if key is None:
                    found.append(one.get("items"))
                    continue
                properties = cast("Mapping[str, object]", one.get("properties") or {})
                found.append(properties.get(key, one.get("additionalProperties")))
        return tuple(
            each for one in found if isinstance(one, dict) for each in self._resolved(cast("Mapping[str, object]", one))
        )

    def _resolved(self, schema: Mapping[str, object]) -> list[Mapping[str, object]]:
        """A schema and those it refers to or is composed of."""
        found = [schema]
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            target: object = self.schema
            for part in reference.removeprefix("#/").split("/"):
                target = cast("Mapping[str, object]", target).get(part) if isinstance(target, dict) else None
            if isinstance(target, dict):
                found += self._resolved(cast("Mapping[str, object]", target))
        for composed in cast("list[object]", schema.get("allOf") or []):
            if isinstance(composed, dict):
                found += self._resolved(cast("Mapping[str, object]", composed))
        return found


def _leaves(value: Value, path: str) -> set[str]:
    """The paths of everything in a value that isn't a mapping or a list with something in it."""
    match value:
        case dict():
            return {leaf for key, item in value.items() for leaf in _leaves(item, f"{path}.{key}" if path else key)}
        case list():
            return {leaf for index, item in enumerate(value) for leaf in _leaves(item, f"{path}[{index}]")}
        case _:
            return {path}
