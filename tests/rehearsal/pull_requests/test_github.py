"""One comment a pull request, one issue about drift, however often they are told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.pull_requests.forge import TOKEN, Forge, serving

ROOT = Path(__file__).parents[3]
MARKER = "<!-- stratmaster: preview -->"
DRIFT = "<!-- stratmaster: drift -->"


@pytest.fixture
def forge() -> Iterator[Forge]:
    with serving() as made:
        yield made


def _make(target: str, *variables: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A make target, by a Python that sees no package (`-S`): neither target may need one."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "PULL_", "PYTHON"))}
    return subprocess.run(
        ["make", "--silent", target, f"PYTHON={sys.executable} -S", *variables],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _post(forge: Forge, file: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return _make("post-comment", f"COMMENT={file}", **forge.environment(PULL_REQUEST="7", **more))


@pytest.fixture
def comment(tmp_path: Path) -> Path:
    file = tmp_path / "comment.md"
    file.write_text(f"{MARKER}\nnew\n")
    return file


def test_the_first_comment_is_made(forge: Forge, comment: Path) -> None:
    forge.commented("somebody's remark", author="somebody")
    done = _post(forge, comment)
    assert done.returncode == 0, done.stderr
    assert [each["body"] for each in forge.comments] == ["somebody's remark", f"{MARKER}\nnew\n"]


def test_the_next_takes_its_place(forge: Forge, comment: Path) -> None:
    forge.commented(f"{MARKER}\nold")
    forge.commented("another workflow's comment")
    assert _post(forge, comment).returncode == 0
    assert [each["body"] for each in forge.comments] == [f"{MARKER}\nnew\n", "another workflow's comment"]


def test_it_is_found_among_many(forge: Forge, comment: Path) -> None:
    for number in range(230):
        forge.commented(f"remark {number}", author="somebody")
    forge.commented(f"{MARKER}\nold")
    assert _post(forge, comment).returncode == 0
    assert len(forge.comments) == 231
    assert forge.comments[-1]["body"] == f"{MARKER}\nnew\n"


def test_somebody_elses_comment_with_the_same_marker_is_left_alone(forge: Forge, comment: Path) -> None:
    forge.commented(f"{MARKER}\nforged", author="somebody")
    assert _post(forge, comment).returncode == 0
    assert [each["body"] for each in forge.comments] == [f"{MARKER}\nforged", f"{MARKER}\nnew\n"]


def test_a_refusal_names_the_permission_and_never_the_token(forge: Forge, comment: Path) -> None:
    forge.refuses = 403
    done = _post(forge, comment)
    assert done.returncode != 0
    assert "403 Resource not accessible by integration" in done.stderr
    assert "pull-requests: write" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_a_server_that_is_not_there_is_told_in_two_lines(comment: Path) -> None:
    gone = {"GITHUB_API_URL": "http://127.0.0.1:1", "GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "a/b"}
    done = _make("post-comment", f"COMMENT={comment}", PULL_REQUEST="7", **gone)
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: GitHub didn't answer GET /issues/7/comments of a/b")
    assert lines[1].startswith("  ")
    assert TOKEN not in done.stderr


@pytest.mark.parametrize("number", ["", "7/../../../user", "seven", "-1"])
def test_what_is_no_pull_request_is_refused_before_anything_is_asked(forge: Forge, comment: Path, number: str) -> None:
    done = _make("post-comment", f"COMMENT={comment}", **forge.environment(PULL_REQUEST=number))
    assert done.returncode != 0
    assert "PULL_REQUEST" in done.stderr
    assert forge.asked == []


def test_an_empty_or_missing_comment_is_refused(forge: Forge, tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text("\n")
    for name, words in (("empty.md", "is empty"), ("missing.md", "can't be read")):
        done = _post(forge, tmp_path / name)
        assert done.returncode != 0
        assert words in done.stderr
    assert forge.asked == []


def _drift(forge: Forge, outcome: str) -> None:
    done = _make("drift-issue", f"OUTCOME={outcome}", **forge.environment(GITHUB_RUN_ID="42"))
    assert done.returncode == 0, done.stderr


def test_drift_opens_one_issue_renews_it_and_closes_it_when_all_is_well_again(forge: Forge) -> None:
    forge.issues.append({"number": 1, "body": f"{DRIFT}\nforged", "state": "open", "user": {"login": "somebody"}})
    _drift(forge, "success")
    assert len(forge.issues) == 1
    _drift(forge, "failure")
    _drift(forge, "failure")
    assert len(forge.issues) == 2
    assert str(forge.issues[1]["body"]).startswith(DRIFT)
    assert "somebody/stratmaster/actions/runs/42" in str(forge.issues[1]["body"])
    _drift(forge, "success")
    assert [each["state"] for each in forge.issues] == ["open", "closed"]
    _drift(forge, "failure")
    assert [each["state"] for each in forge.issues] == ["open", "closed", "open"]
