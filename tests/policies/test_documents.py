"""YAML read as the API server reads it, by a parser that is fast and by one that knows the old version."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policies.pack.model.documents import MalformedError, documents
from policies.pack.model.values import Value


def read(text: str) -> list[Value]:
    return [document.value for document in documents(text)]


@pytest.mark.parametrize("switch", ["yes", "Yes", "YES", "on", "On"])
def test_what_yaml_1_1_calls_true_is_true(switch: str) -> None:
    assert read(f"hostPID: {switch}\n") == [{"hostPID": True}]
    assert read(f"a: [x, {switch}]") == [{"a": ["x", True]}]
    assert read(f"- {switch} # said so") == [[True]]


@pytest.mark.parametrize("switch", ["no", "No", "off", "OFF"])
def test_what_yaml_1_1_calls_false_is_false(switch: str) -> None:
    assert read(f"{{automountServiceAccountToken: {switch}}}") == [{"automountServiceAccountToken": False}]


def test_a_quoted_switch_is_a_word() -> None:
    assert read("a: 'yes'\nb: \"no\"\n") == [{"a": "yes", "b": "no"}]


def test_a_merged_mapping_is_merged() -> None:
    assert read("x: &a {hostPID: true}\ny: {<<: *a, c: 1}\n")[0] == {
        "x": {"hostPID": True},
        "y": {"hostPID": True, "c": 1.0},
    }


def test_a_tag_is_obeyed_or_refused() -> None:
    assert read("a: !!str 5") == [{"a": "5"}]
    with pytest.raises(MalformedError):
        read("a: !mine 5")


def test_a_key_that_stands_twice_is_refused_whichever_parser_reads() -> None:
    for text in ("a: 1\na: 2\n", "a: 1\na: yes\n", "a: {b: 1, b: 2}"):
        with pytest.raises(MalformedError, match="stands there twice"):
            read(text)


def test_documents_that_are_empty_are_left_out_and_lines_still_fit() -> None:
    text = "# first\n---\n---\na: 1\n---\nb:\n  - c: 2\n"
    first, second = documents(text)
    assert (first.value, second.value) == ({"a": 1.0}, {"b": [{"c": 2.0}]})
    assert second.line_of("b[0].c") == 7
    assert second.line_of("b[0].nowhere.deeper") == 7
    assert first.line_of("a") == 4


def test_a_date_stays_as_it_was_written() -> None:
    assert read("a: 2026-11-23") == [{"a": "2026-11-23"}]


_KEYS = st.text(alphabet="abcdefghij", min_size=1, max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet="abc xyz:#", max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=5))
def test_what_a_tool_writes_is_read_as_it_was_meant(value: dict[str, object]) -> None:
    assert read(yaml.safe_dump(value, allow_unicode=True)) == [value]
