"""The table of an access review: written, read and compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook import cli
from runbook.access.table import Difference, Review, differences, load, save
from runbook.errors import RunbookError

_WHO = st.sampled_from(["everybody", "group stratmaster:ci", "user alice", "service account stratmaster-blue/api"])
_VERBS = st.frozensets(st.sampled_from(["get", "list", "watch", "create", "*"]), min_size=1)
_MAY = st.dictionaries(
    st.sampled_from(["pods", "pods/log", "deployments.apps", "/api/*", "secrets one", "*.*"]), _VERBS
)
_REVIEWS = st.dictionaries(st.tuples(_WHO, st.sampled_from(["stratmaster-blue", "stratmaster-green"])), _MAY)


@given(_REVIEWS)
def test_a_table_that_is_written_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, review: Review) -> None:
    path = tmp_path_factory.getbasetemp() / "table.yaml"
    save(review, path)
    assert load(path) == review
    assert not list(differences(review, load(path)))


@given(_REVIEWS, _REVIEWS)
def test_every_difference_is_told_and_no_other(before: Review, now: Review) -> None:
    mended = {place: {what: set(verbs) for what, verbs in may.items()} for place, may in before.items()}
    for each in differences(before, now):
        verbs = mended.setdefault((each.who, each.where), {}).setdefault(each.resource, set())
        assert verbs.isdisjoint(each.verbs) == each.gained
        verbs.symmetric_difference_update(each.verbs)
    assert _powers(mended) == _powers(now)


def _powers(
    review: Mapping[tuple[str, str], Mapping[str, Collection[str]]],
) -> set[tuple[str, str, str, str]]:
    return {(*place, what, verb) for place, may in review.items() for what, verbs in may.items() for verb in verbs}


def test_a_difference_reads_as_a_sentence() -> None:
    gained = Difference(who="user alice", where="stratmaster-blue", resource="secrets", verbs=("get",), gained=True)
    assert str(gained) == "user alice in stratmaster-blue may also get secrets"


@pytest.mark.parametrize(
    "text",
    [
        "nothing: here\n",
        "- {who: x, where: [a]}\n",
        "- {who: x, where: [], may: {}}\n",
        "- {who: x, where: [a], may: {pods: [get]}}\n",
        "- {who: x, where: [a, a], may: {}}\n",
        "\t",
        "[",
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "table.yaml").write_text(text)
    with pytest.raises(RunbookError, match=r"table\.yaml"):
        load(tmp_path / "table.yaml")


def test_a_table_that_is_missing_or_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="can't be read"):
        load(tmp_path / "table.yaml")
    (tmp_path / "table.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(RunbookError, match="no table"):
        load(tmp_path / "table.yaml")


def test_an_account_of_no_kind_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert cli.main(["access-review", "--account", "alice"]) == 1
    assert "alice is no account" in capsys.readouterr().err
