"""Wrong values are refused by Helm itself, before anything is rendered, and by name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest

from tests.helm.rendering import CHART, TMP, Chart, Json, Step, at, changed, default_values, production_values

if TYPE_CHECKING:
    from collections.abc import Iterator


def objects(value: Json, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """The paths of every object in a value, itself included."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from objects(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, (*path, index))


def leaves(value: Json, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """The paths of every text, number and boolean in a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def subschemas(value: Json) -> Iterator[dict[str, Json]]:
    """Every part of a schema that describes objects."""
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield value
        for inner in value.values():
            yield from subschemas(inner)


def named(path: tuple[Step, ...]) -> str:
    return ".".join(map(str, path)) or "root"


def schema() -> dict[str, Json]:
    return cast("dict[str, Json]", json.loads((CHART / "values.schema.json").read_text()))


def test_the_values_of_production_are_accepted(chart: Chart) -> None:
    chart.render(production_values())


@pytest.mark.parametrize("path", list(objects(production_values())), ids=named)
def test_an_unknown_key_is_refused_by_name_at_every_level(chart: Chart, path: tuple[Step, ...]) -> None:
    assert "unknownKey" in chart.refusal(changed(production_values(), (*path, "unknownKey"), to="x"))


@pytest.mark.parametrize("path", list(leaves(production_values())), ids=named)
def test_a_value_of_another_type_is_refused_at_every_key(chart: Chart, path: tuple[Step, ...]) -> None:
    values = production_values()
    other: Json = 1.5 if isinstance(at(values, *path), str) else "yes"
    assert "/".join(map(str, path)) in chart.refusal(changed(values, path, to=other))


def test_every_object_of_the_schema_is_closed() -> None:
    found = list(subschemas(schema()))
    assert len(found) > 5
    assert [part for part in found if part.get("additionalProperties") is not False] == []


def test_schema_and_default_values_have_the_same_keys() -> None:
    assert set(cast("dict[str, Json]", schema()["properties"])) == set(default_values())


REFUSED: list[tuple[tuple[Step, ...], Json]] = [
    (("image", "tag"), "latest"),
    (("image", "tag"), "v1 2"),
    (("image", "digest"), "sha256:abc"),
    (("image", "digest"), "sha512:" + "a" * 64),
    (("image", "repository"), "ghcr.io/iamjonobo/stratmaster-api:v1"),
    (("mcpServices", 0, "image", "tag"), "latest"),
    (("mcpServices", 0, "port"), 80),
    (("mcpServices", 0, "port"), 65536),
    (("mcpServices", 0, "name"), "Research"),
    (("mcpServices", 0, "module"), "research-mcp"),
    (("mcpServices", 0, "replicas"), {"min": 2}),
    (("replicas", "min"), 0),
    (("drainSeconds",), 0),
    (("slot",), "Blue!"),
    (("config", "lower-case"), "x"),
    (("writablePaths",), ["relative/path"]),
    (("writablePaths",), [TMP]),
    (("resources", "limits", "memory"), "8 GB"),
    (("chartDigest",), "abc"),
]


@pytest.mark.parametrize(("path", "bad"), REFUSED, ids=str)
def test_a_malformed_value_is_refused_by_its_key(chart: Chart, path: tuple[Step, ...], bad: Json) -> None:
    message = chart.refusal(changed(production_values(), path, to=bad))
    assert str(path[-1]) in message
    assert "values don't meet the specifications" in message
