"""The catalogue of rules, for people."""

from __future__ import annotations

import re

import pytest

from policies.document import PAGE, page
from policies.pack.catalogue import RULES, STACK_RULES
from policies.pack.model.record import AnyRule

ALL = [*RULES, *STACK_RULES]


def test_the_page_in_the_docs_is_what_the_records_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make golden writes it anew"


def test_no_two_rules_share_a_name() -> None:
    assert len({rule.id for rule in ALL}) == len(ALL)


@pytest.mark.parametrize("rule", ALL, ids=[rule.id for rule in ALL])
def test_a_record_says_in_one_line_each_what_holds_why_and_how_to_mend_it(rule: AnyRule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    for said in (rule.title, rule.why, rule.mend):
        assert said
        assert "\n" not in said
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.mend.endswith(".")
