"""Values on the wire, at rest, compared and addressed: by example and by search."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.engine.codec import Codec
from rehearsal.engine.crypter import Crypter
from rehearsal.engine.diff import covers, differences, keep_ignored, parse_path
from rehearsal.engine.redaction import Redactor
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import (
    UNKNOWN,
    Properties,
    Secret,
    Value,
    from_struct,
    has_secret,
    has_unknown,
    plain,
    reveal,
    to_struct,
)
from rehearsal.errors import RehearsalError

SEARCH = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is slow at anything."""

KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
LEAVES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda each: int(each) if each.is_integer() else each),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.just(UNKNOWN),
)


def _grow(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    hidden = inner.map(lambda each: each if isinstance(each, Secret) else Secret(each))
    return st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3), hidden)


VALUES = st.recursive(LEAVES, _grow, max_leaves=12)
PROPERTIES: st.SearchStrategy[Properties] = st.dictionaries(KEYS, VALUES, max_size=4)
CODEC = Codec(Crypter.new("of a test"))


@SEARCH
@given(PROPERTIES)
def test_properties_come_back_from_the_wire_as_they_were(properties: Properties) -> None:
    assert from_struct(to_struct(properties)) == properties


@SEARCH
@given(PROPERTIES, PROPERTIES)
def test_resources_come_back_from_the_state_as_they_were(inputs: Properties, outputs: Properties) -> None:
    resource = Resource(urn="urn:pulumi:s::p::a:b:C::n", type="a:b:C", custom=True, inputs=inputs, outputs=outputs)
    assert CODEC.decode(json.loads(json.dumps(CODEC.encode(resource)))) == resource


@SEARCH
@given(VALUES)
def test_nothing_differs_from_itself(value: Value) -> None:
    assert list(differences(value, value)) == []


@SEARCH
@given(VALUES)
def test_a_secret_does_not_differ_from_its_plain_value(value: Value) -> None:
    assert list(differences(value, reveal(value))) == []


@SEARCH
@given(PROPERTIES, PROPERTIES)
def test_making_every_difference_gives_the_new_properties(old: Properties, new: Properties) -> None:
    result: object = json.loads(json.dumps(_bare(old)))
    removed: list[tuple[str | int, ...]] = []
    for change in differences(old, new):
        if change.kind == "delete":
            removed.append(change.path)
        else:
            result = _put(result, change.path, _bare(change.new))
    for path in reversed(removed):
        result = _put(result, path, None)
    assert _without_nulls(result) == _without_nulls(_bare(new))


def _bare(value: Value) -> object:
    return plain(reveal(value))


def _put(holder: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        items = [*cast("list[object]", holder)] if isinstance(holder, list) else []
        items += [None] * (head + 1 - len(items))
        items[head] = _put(items[head], rest, value)
        if value is None and not rest and head == len(items) - 1:
            items.pop()
        return items
    fields = dict(cast("Mapping[str | int, object]", holder)) if isinstance(holder, Mapping) else {}
    fields[head] = _put(fields.get(head), rest, value)
    return fields


def _without_nulls(value: object) -> object:
    """An absent field and a null one are the same."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {key: _without_nulls(item) for key, item in fields.items() if item is not None}
    return [_without_nulls(item) for item in cast("list[object]", value)] if isinstance(value, list) else value


@SEARCH
@given(VALUES)
def test_what_people_see_holds_no_secret(value: Value) -> None:
    assert "[secret]" in json.dumps(plain(value)) or not has_secret(value)
    assert not has_unknown(reveal(value)) or has_unknown(value)


@SEARCH
@given(PROPERTIES, PROPERTIES)
def test_ignoring_everything_keeps_the_old_properties(old: Properties, new: Properties) -> None:
    assert list(differences(old, keep_ignored(old, new, ["*"]))) == []


@SEARCH
@given(PROPERTIES, PROPERTIES)
def test_ignoring_one_key_changes_no_other(old: Properties, new: Properties) -> None:
    kept = keep_ignored({**old, "it": 1}, {**new, "it": 2}, ["it"])
    assert kept == {**new, "it": 1}


def test_what_is_ignored_stays_as_secret_as_it_was() -> None:
    old: Properties = {"data": Secret({"k": "old"})}
    kept = keep_ignored(old, {"data": {"k": "new", "more": "x"}}, ["data.k"])
    assert kept == {"data": Secret({"k": "old", "more": "x"})}
    listed = keep_ignored({"data": Secret(["old"])}, {"data": ["new"]}, ["data[0]"])
    assert listed == {"data": Secret(["old"])}


@pytest.mark.parametrize(
    ("old", "new", "selector", "kept"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b", {"a": {"b": 1}}),
        ({"a": {}}, {"a": {"b": 2}}, "a.b", {"a": {}}),
        ({"a": {"b": 1}}, {"a": {}}, "a.b", {"a": {"b": 1}}),
        ({"a": {"b.c": 1}}, {"a": {"b.c": 2}}, 'a["b.c"]', {"a": {"b.c": 1}}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 3}, {"b": 4}]}, "a[*].b", {"a": [{"b": 1}, {"b": 2}]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 3}, {"b": 4}]}, "a[1].b", {"a": [{"b": 3}, {"b": 4}]}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 9, "z": 9}}, "a.*", {"a": {"x": 1, "y": 2}}),
        ({}, {"a": {"b": 2}}, "a.b", {"a": {"b": 2}}),
    ],
)
def test_a_path_is_ignored_as_pulumi_does(old: Properties, new: Properties, selector: str, kept: Properties) -> None:
    assert keep_ignored(old, new, [selector]) == kept


@SEARCH
@given(st.lists(st.one_of(st.integers(0, 99), st.text("abc.-/ *", min_size=1, max_size=5)), min_size=1, max_size=5))
def test_a_path_that_is_written_out_is_read_back(path: list[str | int]) -> None:
    written = "".join(f"[{part}]" if isinstance(part, int) else f'["{part}"]' for part in path)
    assert parse_path(written) == tuple(path)


@SEARCH
@given(st.text(max_size=12))
def test_any_text_is_a_path_or_is_refused_in_words(text: str) -> None:
    with contextlib.suppress(RehearsalError):  # and nothing else
        assert parse_path(text)


def test_a_selector_covers_what_lies_below_it() -> None:
    assert covers(parse_path("a.*.c"), ("a", 0, "c", "d"))
    assert not covers(parse_path("a.b"), ("a",))
    assert not covers(parse_path("a.b"), ("a", "c"))


@SEARCH
@given(st.text(st.characters(codec="ascii", min_codepoint=33), min_size=4, max_size=20), st.text(max_size=20))
def test_a_redacted_text_holds_none_of_its_secrets(secret: str, around: str) -> None:
    redactor = Redactor()
    redactor.learn({"outer": [Secret({"inner": secret})]})
    if secret.lower() in {"true", "false", "null", "none"}:
        return
    assert secret not in redactor.clean(f"{around} {secret} {around}").replace("[secret]", " ")
    assert redactor.clean("an ordinary text") == "an ordinary text" or secret in "an ordinary text"
