"""The make targets of a pull request, as the workflows run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from rehearsal.control_plane import ControlPlane
from tests.rehearsal.pull_requests.documents import RECORDED
from tests.rehearsal.rig import Rig

ROOT: Final = Path(__file__).parents[3]
GIT: Final = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
PROGRAM: Final = """
import os
config_map("changed", {"k": "before"})
config_map("gone", {"k": "1"})
"""
CHANGED: Final = """
config_map("changed", {"k": "after"})
config_map("new", {"k": "1"})
"""


@pytest.fixture(autouse=True)
def _no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "MAKEFLAGS", "MAKELEVEL"):
        monkeypatch.delenv(name, raising=False)


def _make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A target, without the set-up before it: `make test` has done that."""
    command = [
        str(shutil.which("make")),
        "--silent",
        "--file",
        str(ROOT / "Makefile"),
        "--include-dir",
        str(ROOT),
        "-o",
        "setup",
    ]
    return subprocess.run(
        [*command, f"VENV={Path(sys.prefix)}", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _without_pulumi(folder: Path) -> str:
    """A PATH with all that make needs, and no Pulumi CLI."""
    for name in ("sh", "test", "echo", "env", "python3"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return str(folder)


def _pulumi(folder: Path, recording: str, code: int) -> str:
    """A PATH with a CLI that says what the real one said once, and keeps what it was asked.

    The real one is in no package registry. `recorded/README.md` says how the recordings were made.
    """
    script = folder / "pulumi"
    script.write_text(
        "#!/bin/sh\n"
        f'printf "%s|" "$PULUMI_ENABLE_STREAMING_JSON_PREVIEW" "$@" >> "{folder}/asked"; echo >> "{folder}/asked"\n'
        f'case "$*" in *missing*) echo "error: no stack named \'missing\' found" >&2; exit 6;; esac\n'
        f'cat "{RECORDED / recording}"\nexit {code}\n'
    )
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_a_fork_sees_what_it_changes_of_its_base_without_any_credentials(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("out")
    rig.program(PROGRAM)
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "base"]):
        subprocess.run([*GIT, *arguments], cwd=rig.folder, check=True, capture_output=True)
    rig.program(CHANGED)
    subprocess.run([*GIT, "commit", "--quiet", "-am", "change"], cwd=rig.folder, check=True, capture_output=True)

    variables = {**rig.environment(), "GITHUB_STEP_SUMMARY": str(out / "summary.md")}
    files = [f"PREVIEWS={out / 'previews.json'}", f"COMMENT={out / 'comment.md'}"]
    previewed = _make(rig.folder, "preview-embedded", "BASE=HEAD^1", *files, **variables)
    assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    assert rig.names("ConfigMap") == {"changed", "gone"}  # the base is there, and the change only previewed
    made = _make(rig.folder, "pull-request-comment", "ABOUT=This branch against its base.", *files, **variables)
    assert made.returncode == 0, made.stderr

    comment = (out / "comment.md").read_text()
    assert (out / "summary.md").read_text() == comment
    assert "This branch against its base." in comment
    assert f"| {rig.stack} | 1 | 1 |  | 1 | 1 | **no pack ran** | ok |" in comment
    lines = comment.split("```text\n")[1].split("\n```")[0].split("\n")
    assert lines == ["  ~ ConfigMap changed", "      data.k: before → after", "  - ConfigMap gone", "  + ConfigMap new"]
    assert not list(rig.folder.glob(".git/worktrees/*"))


def test_a_program_that_fails_fails_the_target_and_is_shown_all_the_same(
    rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("out")
    rig.program(PROGRAM)
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "base"]):
        subprocess.run([*GIT, *arguments], cwd=rig.folder, check=True, capture_output=True)
    rig.program("raise pulumi.RunError('No good.\\nMend it.')")
    files = [f"PREVIEWS={out / 'previews.json'}", f"COMMENT={out / 'comment.md'}"]
    assert _make(rig.folder, "preview-embedded", "BASE=HEAD", *files, **rig.environment()).returncode != 0
    assert _make(rig.folder, "pull-request-comment", *files, **rig.environment()).returncode == 0
    comment = (out / "comment.md").read_text()
    assert f"**Not to be merged as it is**: {rig.stack}." in comment
    assert "error: No good." in comment


def test_a_base_that_is_not_there_is_told_in_two_lines(rig: Rig) -> None:
    rig.program(PROGRAM)
    subprocess.run([*GIT, "init", "--quiet"], cwd=rig.folder, check=True)
    done = _make(rig.folder, "preview-embedded", "BASE=HEAD^1", **rig.environment())
    told = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    assert told[0].startswith("error: git can't check out HEAD^1")
    assert told[1].startswith("  Name a commit")
    assert len(told) == 2


def test_the_cluster_is_previewed_stack_by_stack_with_the_pack_even_after_one_that_fails(tmp_path: Path) -> None:
    files = [f"PREVIEWS={tmp_path / 'previews.json'}", f"COMMENT={tmp_path / 'comment.md'}"]
    path = _pulumi(tmp_path, "events.jsonl", 1)
    done = _make(ROOT, "preview-cluster", "STACKS=missing small", *files, PATH=path)
    assert done.returncode != 0
    assert "missing: pulumi ended with exit code 6\n  error: no stack named 'missing' found" in done.stdout
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == [
        f"true|preview|--stack|{stack}|--json|--diff|--non-interactive|--policy-pack|policies|"
        for stack in ("missing", "small")
    ]
    assert _make(ROOT, "pull-request-comment", *files).returncode == 0
    comment = (tmp_path / "comment.md").read_text()
    assert "**Not to be merged as it is**: missing, small." in comment
    assert "error: no stack named 'missing' found" in comment
    assert "policy recording-pack/no-new, new:" in comment


def test_all_stacks_are_previewed_in_order_and_a_good_preview_succeeds(tmp_path: Path) -> None:
    path = _pulumi(tmp_path, "refresh.jsonl", 0)
    done = _make(ROOT, "preview-cluster", f"PREVIEWS={tmp_path / 'previews.json'}", PATH=path)
    assert done.returncode == 0, done.stderr
    entries = json.loads((tmp_path / "previews.json").read_text())["stacks"]
    assert [each["stack"] for each in entries] == ["production", "blue", "green", "traffic"]


def test_deploy_previews_with_the_pack_and_never_skips_it(tmp_path: Path) -> None:
    done = _make(ROOT, "deploy", "STACK=green", PATH=_pulumi(tmp_path, "failed.jsonl", 0))
    assert done.returncode == 0, done.stderr
    asked = (tmp_path / "asked").read_text().strip()
    assert asked == "|up|--stack|green|--policy-pack|policies|--diff|--yes|--non-interactive|"


def test_drift_fails_with_what_the_cli_says(tmp_path: Path) -> None:
    done = _make(ROOT, "drift", PATH=_pulumi(tmp_path, "refresh.jsonl", 7), STACK="blue")
    assert done.returncode != 0
    asked = (tmp_path / "asked").read_text().strip()
    assert asked == (
        "|preview|--stack|blue|--policy-pack|policies|--refresh|--expect-no-changes|--diff|--non-interactive|"
    )


@pytest.mark.parametrize("target", ["deploy", "drift", "preview-cluster"])
def test_what_needs_the_cli_says_in_two_lines_where_to_get_it(tmp_path: Path, target: str) -> None:
    done = _make(ROOT, target, "STACK=green", "PYTHON=python3", PATH=_without_pulumi(tmp_path))
    told = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert told == [
        "error: the Pulumi CLI is not on the PATH",
        "  Install it (pulumi.com/docs/install); make up and make preview-embedded need none.",
    ]


@pytest.mark.parametrize("target", ["deploy", "drift"])
def test_a_target_for_one_stack_asks_for_it_in_two_lines(tmp_path: Path, target: str) -> None:
    done = _make(ROOT, target, PATH=_pulumi(tmp_path, "events.jsonl", 0), STACK="")
    told = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert told[0] == "error: the stack is missing"
    assert "STACK=green" in told[1]
    assert len(told) == 2
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("variables", "options"),
    [((), []), (("SARIF=a.sarif", "JUNIT=b.xml"), ["--sarif", '"a.sarif"', "--junit", '"b.xml"'])],
)
def test_the_pack_judges_all_stacks_and_reports_where_it_is_told_to(
    variables: tuple[str, ...], options: list[str]
) -> None:
    done = _make(ROOT, "--dry-run", "check-policies", *variables)
    assert done.stdout.split()[-len(options) - 2 :] == ["-m", "policies.check", *options]


def test_without_a_helm_the_packs_is_the_control_planes_own(tmp_path: Path, control_plane: ControlPlane) -> None:
    recipe = _make(ROOT, "--dry-run", "check-policies").stdout
    path, _, _ = recipe.partition(f"{Path(sys.prefix)}/bin/python -m policies.check")
    shown = subprocess.run(
        ["/bin/sh", "-c", f"{path.replace(chr(92) + chr(10), ' ')} env"],
        cwd=ROOT,
        env={**os.environ, "PATH": _without_pulumi(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    [entries] = [
        line.removeprefix("PATH=").split(os.pathsep) for line in shown.splitlines() if line.startswith("PATH=")
    ]
    assert entries == [str(tmp_path), str(control_plane.binary("helm").parent)]
