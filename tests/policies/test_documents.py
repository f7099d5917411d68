"""YAML read as the API server reads it, by a parser that is fast and by one that knows the old version."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.pack.model.documents import documents
from policies.pack.model.lines import line_of
from policies.pack.model.plain import MalformedError
from policies.pack.model.values import Value
from tests.go_program import GoProgram


def read(text: str) -> list[Value]:
    return [document.value for document in documents(text)]


@pytest.mark.parametrize("switch", ["yes", "Yes", "YES", "on", "On", "y", "Y"])
def test_what_yaml_1_1_calls_true_is_true(switch: str) -> None:
    assert read(f"hostPID: {switch}\n") == [{"hostPID": True}]
    assert read(f"a: [x, {switch}]") == [{"a": ["x", True]}]
    assert read(f"- {switch} # said so") == [[True]]


@pytest.mark.parametrize("switch", ["no", "No", "off", "OFF", "n", "N"])
def test_what_yaml_1_1_calls_false_is_false(switch: str) -> None:
    assert read(f"{{automountServiceAccountToken: {switch}}}") == [{"automountServiceAccountToken": False}]


def test_a_quoted_switch_is_a_word() -> None:
    assert read("a: 'yes'\nb: \"no\"\n") == [{"a": "yes", "b": "no"}]


@pytest.mark.parametrize(("word", "number"), [("0644", 420), ("0O644", 420), ("00", 0), ("1_000", 1000), ("08", 8)])
def test_a_number_is_what_go_reads(word: str, number: int) -> None:
    assert read(f"runAsUser: {word}\n") == [{"runAsUser": number}]


def test_a_merged_mapping_is_merged() -> None:
    assert read("x: &a {hostPID: true}\nz: {<<: *a, c: 1}\n")[0] == {
        "x": {"hostPID": True},
        "z": {"hostPID": True, "c": 1.0},
    }


def test_a_tag_is_obeyed_or_refused() -> None:
    assert read("a: !!str 5") == [{"a": "5"}]
    with pytest.raises(MalformedError):
        read("a: !mine 5")


@pytest.mark.parametrize(
    "text",
    [
        "- !mine x",
        "[!mine x]",
        "[x, !mine y]",
        "{a: !mine x}",
        "{a: 1, !mine b: 2}",
        "a: &b !mine x",
        "? !mine x\n: y",
        "a:\n  !mine x",
        "a:\t!mine x",
        "--- !mine\na: 1",
        "a: !<mine> x",
    ],
)
def test_a_tag_is_refused_wherever_it_stands(text: str) -> None:
    with pytest.raises(MalformedError):
        read(text)


@pytest.mark.parametrize("words", ["x && !y", "!y || x != y", "wow! indeed", "(!has(x))"])
def test_an_exclamation_mark_inside_words_is_no_tag(words: str) -> None:
    assert read(f"a: '{words}'\nb: |\n  {words}\n") == [{"a": words, "b": f"{words}\n"}]


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


def test_a_line_is_that_of_the_field_or_of_the_nearest_above_it_whatever_was_asked_before() -> None:
    text = "a:\n  x.io/b: 1\n  ? [odd]\n  : 2\nc:\n- - 1\n  - d:\n      e: 3\nf[g: 4\n"
    lines = {
        "": 1,
        "a": 1,
        "a.x.io/b": 2,
        "a.x.io/b.deeper": 2,
        "a.x.io/other": 1,
        "c[0]": 6,
        "c[0][1].d.e": 8,
        "c[0][1].missing": 7,
        "c[7]": 5,
        "f[g": 9,
        "missing": 1,
    }
    for order in (sorted(lines), sorted(lines, reverse=True)):
        assert {path: line_of(f"{text}# {len(order[0])}", 0, path) for path in order} == lines


def test_a_date_stays_as_it_was_written() -> None:
    assert read("a: 2026-11-23") == [{"a": "2026-11-23"}]


@pytest.mark.parametrize(
    "text", ["a: .inf", "a: .NaN", "null: 1", "1.5: 1", "a: !!bool maybe", "a: !!int x", "1: a\n'1': b"]
)
def test_what_the_server_can_not_take_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        read(text)


_ODD = [
    *(
        "y",
        "Y",
        "n",
        "N",
        "yes",
        "no",
        "on",
        "off",
        "True",
        "FALSE",
        "null",
        "~",
        "Null",
        "=",
        "2026-11-23",
        "2026-1-3",
    ),
    *("0o17", "0O17", "017", "08", "00", "+00", "-017", "0x1F", "0X1f", "0x", "0b11", "-0b1", "0B1", "0b12", "09.5"),
    *("1_000", "1_0.5", "0_7", "1__0", "_1", "1_", ".5_0", "+1_0", "1:30", "190:20:30"),
    *("1e3", "1E-3", "1.e3", "1.", ".5", "+.5", "-5", "0", "-0", "0.0", "1e400", "18446744073709551616"),
]
_WORDS = st.sampled_from(_ODD) | st.from_regex(r"[-+.]?[0-9yYnNoObBxX_.eE:+-]{1,6}", fullmatch=True)
_KEYS = st.text(alphabet="abcdefghij-_./", min_size=1, max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | _WORDS, inner, max_size=4),
    max_leaves=15,
)
_FORMS = ["a: {}\n", "a: [x, {}]", "- {} # said\n", "- {}", "{}: 1\n", '{{"a":{}}}', "a: {}\u0085b: 1\n", "a: &b {}\n"]
_TEXTS = st.one_of(
    st.builds(yaml.safe_dump, st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=5), allow_unicode=st.booleans()),
    st.builds(str.format, st.sampled_from(_FORMS), _WORDS),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Callable[[str], Mapping[str, object]]]:
    """What the server's library reads in a text, and whether it takes it at all."""
    program = GoProgram(name="server-yaml", folder=Path(__file__).with_name("server_yaml"), package=".")
    binary = program.provide(print) / "server-yaml"
    with subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        asks, answers = process.stdin, process.stdout

        def ask(text: str) -> Mapping[str, object]:
            asks.write(json.dumps(text) + "\n")
            asks.flush()
            return json.loads(answers.readline(), parse_int=float)

        yield ask


@given(_TEXTS)
@settings(max_examples=1000, deadline=None)
def test_a_text_means_to_the_pack_what_it_means_to_the_server(
    server: Callable[[str], Mapping[str, object]], text: str
) -> None:
    try:
        ours = next(iter(read(text)), None)
    except MalformedError:
        return
    theirs = server(text)
    assert not theirs["taken"] or theirs["read"] == ours
