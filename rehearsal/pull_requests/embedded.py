"""A preview without any cluster or credentials: what a branch would change, on a control plane of its own.

On an empty cluster everything is new, and a preview says nothing about a change. So the commit that the branch starts
from is brought up first, by its own code, and the branch's is previewed against that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

_REQUIREMENTS: Final = ("requirements.txt", "requirements-dev.txt")


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What came of it.

    Args:
        code: the preview's exit code.
        document: what `python -m rehearsal preview --json` printed, with the packs that judged.
    """

    code: int
    document: str


def preview(project: Path, base: str, stacks: Sequence[str], report: Callable[[str], None]) -> Rehearsed:
    """Preview what the checkout in `project` changes of the commit `base`.

    In `$REHEARSAL_HOME`, where it is set; else on a control plane that is thrown away afterwards.

    Args:
        project: the folder of Pulumi.yaml, the top of a git checkout.
        base: a commit, by any name that git knows it by.
        stacks: which; none is all of the environment.
        report: gets a line when a part begins.

    Raises:
        RehearsalError: there is no such commit, or it doesn't come up.
    """
    with _home() as home, _checkout(project, base) as folder:
        environment = {**os.environ, "REHEARSAL_HOME": str(home)}
        report(f"bringing up {base}, for comparison")
        python = _python(project, folder, base)
        up = [python, "-m", "rehearsal", "up", "--engine", "embedded", "--quiet", *stacks]
        if subprocess.run(up, cwd=folder, env=environment, stdout=sys.stderr, check=False).returncode:
            raise RehearsalError(
                f"{base} itself doesn't come up, so there is nothing to compare with", "Mend it first."
            )
        report("previewing this checkout")
        command = [sys.executable, "-m", "rehearsal", "preview", "--engine", "embedded", "--json", *stacks]
        done = subprocess.run(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        return Rehearsed(code=done.returncode, document=_with_packs(done.stdout, project))


def _with_packs(document: str, project: Path) -> str:
    """The document with the packs that judged: the rehearsal takes the project's own, and names only what they said."""
    packs = ["policies"] if (project / "policies" / "PulumiPolicy.yaml").exists() else []
    try:
        stacks = json.loads(document)["stacks"]
    except ValueError:
        return document
    return json.dumps({"stacks": [{**each, "packs": packs} for each in stacks]})


@contextmanager
def _home() -> Generator[Path]:
    """The rehearsal's home. A temporary one has a short path, since some of what is in it becomes socket names."""
    if given := os.environ.get("REHEARSAL_HOME"):
        yield Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="pr-") as folder:
        try:
            yield Path(folder)
        finally:
            stop = [sys.executable, "-m", "rehearsal", "stop", "--wipe"]
            environment: Mapping[str, str] = {**os.environ, "REHEARSAL_HOME": folder}
            subprocess.run(stop, env=environment, stdout=sys.stderr, check=False)


@contextmanager
def _checkout(project: Path, base: str) -> Generator[Path]:
    """The commit in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="base-") as top:
        folder = Path(top) / "base"
        _git(project, base, "worktree", "add", "--quiet", "--detach", str(folder), base)
        try:
            yield folder
        finally:
            _git(project, base, "worktree", "remove", "--force", str(folder))


def _git(project: Path, base: str, *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().splitlines()
        raise RehearsalError(
            f"git can't check out {base} ({why[-1] if why else 'it says nothing'})",
            "Name a commit that is here: BASE=HEAD^1; a shallow clone needs --depth 2 at least.",
        )


def _python(project: Path, folder: Path, base: str) -> str:
    """The interpreter for the base: this one, where both need the same packages, else one of its own."""
    if all(_content(project / name) == _content(folder / name) for name in _REQUIREMENTS):
        if (project / ".venv").exists():
            (folder / ".venv").symlink_to((project / ".venv").resolve())
        return sys.executable
    if subprocess.run(["make", "--silent", "setup"], cwd=folder, stdout=sys.stderr, check=False).returncode:
        raise RehearsalError(f"the packages of {base} can't be installed", "See above; run it again.")
    return str(folder / ".venv" / "bin" / "python")


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
