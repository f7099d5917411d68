"""The comment: what a reviewer reads, and what no pull request can make of it."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rehearsal.pull_requests.markdown import LIMIT, MARKER, comment
from rehearsal.pull_requests.reading import previews
from tests.rehearsal.pull_requests.documents import change, embedded, preview, recorded, violation

TYPE = "kubernetes:core/v1:ConfigMap"


def _outside(text: str) -> str:
    """What a reader of Markdown sees outside of its code blocks; every fence that opens must close."""
    kept: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if fence:
            closing = re.fullmatch(r" {0,3}(`{3,})[ \t]*", line)
            fence = "" if closing and len(closing[1]) >= len(fence) else fence
        elif opening := re.match(r" {0,3}(`{3,})", line):
            fence = opening[1]
        else:
            kept.append(line)
    assert not fence
    return "\n".join(kept)


def test_a_blocked_preview_says_so_first_then_why_then_what_would_change() -> None:
    text = comment([preview(recorded("events.jsonl"))], "This branch, merged, against the cluster.")
    assert text.startswith(MARKER + "\n")
    assert "**Not to be merged as it is**: small." in text
    assert "This branch, merged, against the cluster." in text
    assert "| small | 1 | 2 | 1 | 1 | 3 | **1 block**, 1 advise | **blocked by policy** |" in text
    lines = text.split("```text\n")[1].split("\n```")[0].split("\n")
    assert lines.index("  policy recording-pack/no-new, new:") < lines.index("    Settings settings")
    assert "    ± Service moved" in lines
    assert "        metadata.name: moved-before → moved-after (forces replacement)" in lines


def test_a_digest_is_shown_with_the_policies_not_told() -> None:
    assert "| not told | **failed** |" in comment([preview(recorded("digest.json"))])


def test_a_preview_that_no_pack_judged_says_so() -> None:
    assert "| **no pack ran** | ok |" in comment([preview(recorded("refresh.jsonl"))])


def test_stacks_come_in_their_order_and_one_without_changes_is_a_row_only() -> None:
    found = [preview(embedded(stack="production")), preview(embedded(change(TYPE, "a"), stack="blue"))]
    text = comment(found)
    assert "Every preview went well." in text
    assert text.index("| production |") < text.index("| blue |")
    assert "<summary>production" not in text
    assert "<details><summary>blue: 1 to update</summary>" in text


def test_no_preview_at_all_is_no_success() -> None:
    assert "**No stack was previewed.**" in comment([])


def test_no_secret_is_in_it() -> None:
    for name in ("events.jsonl", "digest.json", "failed.jsonl"):
        assert "hunter" not in comment([preview(recorded(name))])
    unmarked = change("kubernetes:core/v1:Secret", "s", data__k=("hunter1", "hunter2"))
    text = comment([preview(embedded(unmarked))])
    assert "data.k: [secret] → [secret]" in text
    assert "hunter" not in text


NASTY = (
    "```\n</details>\n\n# Approved\n@everyone ![x](http://evil.example/x.png)\n",
    "````` \r\n| blue | | | | | | passed | ok |\r",
    "\u202eedoc live\u2066 \x1b[2J \x00 \u2028# heading",
    "</details><!-- --> <script>alert(1)</script> ~~~ $(id) `id`",
)


@pytest.mark.parametrize("text", NASTY)
def test_nothing_that_a_program_says_gets_out_of_its_code_block(text: str) -> None:
    nasty = change(TYPE, text, data__k=(text, text + "2"))
    wrong = {"severity": "error", "message": text, "urn": ""}
    told = violation(text, mandatory=True, urn=f"urn:pulumi:blue::p::{TYPE}::{text}")
    made = comment([preview(embedded(nasty, diagnostics=[wrong], policies=[told]))])
    calm = comment([preview(embedded(change(TYPE, "a"), policies=[violation("p", mandatory=True)]))])
    assert _outside(made) == _outside(calm)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", made)


@given(some.text(max_size=200), some.text("`~\n\r <>|@-", max_size=60))
@settings(max_examples=150, deadline=None)
def test_whatever_a_program_says_it_stays_in_its_code_block(text: str, marks: str) -> None:
    words = marks + text + marks
    wrong = {"severity": "error", "message": words, "urn": ""}
    made = comment([preview(embedded(change(TYPE, words, data__k=("1", words)), diagnostics=[wrong]))])
    calm = {"severity": "error", "message": "a", "urn": ""}
    assert _outside(made) == _outside(comment([preview(embedded(change(TYPE, "a"), diagnostics=[calm]))]))


@pytest.mark.parametrize("count", [1, 4])
def test_fences_of_any_length_keep_within_the_limit(count: int) -> None:
    many = [change(TYPE, "`" * 900 + str(number), data__k=("`" * 60, "y")) for number in range(300)]
    text = comment([preview(embedded(*many, stack=f"s{number}")) for number in range(count)])
    assert len(text) <= LIMIT
    _outside(text)


@pytest.mark.parametrize("count", [1, 4, 12])
def test_a_comment_never_exceeds_githubs_limit_and_says_what_is_left_out(count: int) -> None:
    many = [change(TYPE, f"name-{number}", data__k=("x" * 60, "y" * 60)) for number in range(1_000)]
    wrong = {"severity": "error", "message": "the important thing", "urn": ""}
    found = [preview(embedded(*many, stack=f"s{number}", diagnostics=[wrong])) for number in range(count)]
    text = comment(found)
    assert LIMIT * 0.8 < len(text) <= LIMIT
    assert text.count("the important thing") == count
    assert text.count("more lines: they are in the job's log") == count
    assert len(re.findall(r"^\| s\d+ \|", text, re.MULTILINE)) == count
    assert text.count("<details>") == text.count("</details>") == count
    _outside(text)


def test_a_small_stack_is_shown_whole_beside_a_huge_one() -> None:
    many = [change(TYPE, f"name-{number}", data__k=("x" * 60, "y" * 60)) for number in range(3_000)]
    text = comment([preview(embedded(*many, stack="huge")), preview(embedded(*many[:20], stack="small"))])
    assert len(text) <= LIMIT
    assert "name-19" in text.split("<summary>small")[1]
    assert text.count("more lines") == 1


def test_one_endless_line_is_cut() -> None:
    wrong = {"severity": "error", "message": "first words " + "x" * 500_000, "urn": ""}
    text = comment([preview(embedded(diagnostics=[wrong]))])
    assert len(text) < 5_000
    assert "first words" in text


def test_several_documents_make_one_comment() -> None:
    texts = [embedded(change(TYPE, "a"), stack=stack) for stack in ("production", "blue")]
    found = [each for text in texts for each in previews("test", text)]
    assert comment(found).count("<details>") == 2


def test_the_rehearsals_own_document_has_all_stacks_in_one() -> None:
    one, two = (json.loads(embedded(stack=stack))["stacks"][0] for stack in ("blue", "green"))
    assert [each.result.stack for each in previews("test", json.dumps({"stacks": [one, two]}))] == ["blue", "green"]
