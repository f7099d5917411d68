"""The program's stacks, recorded without an engine and judged as a preview would be.

The recorder is the rehearsal's, run as a command of its own: the pack imports nothing of the project's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict, cast

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from ..helm.release import Renderer
from ..judge import Judge, Verdict
from ..look_into import look_into
from ..model.resource import Context
from ..protocol.analysis import Analysis, Run
from .located import Checked, InputError, Located


class _Recorded(TypedDict):
    declared: dict[str, object] | None
    shown: dict[str, object]
    file: str
    line: int


class _Stack(TypedDict):
    stack: str
    config: dict[str, str]
    resources: list[_Recorded]


def stacks_of(project: Path) -> list[str]:
    """The stacks that a project has a file for."""
    return sorted(file.name.split(".")[1] for file in project.glob("Pulumi.?*.yaml"))


def check_stacks(project: Path, stacks: Sequence[str], judge: Judge) -> Iterator[Checked]:
    """Judge stacks as their committed config declares them.

    Raises:
        InputError: the program refuses its config, or there is no such stack.
    """
    for recorded in _recorded(project, stacks):
        yield _check(project, recorded, judge)


def _recorded(project: Path, stacks: Sequence[str]) -> list[_Stack]:
    command = [sys.executable, "-m", "rehearsal", "record", *stacks]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        what = lines[-2].removeprefix("error: ") if len(lines) > 1 else "the stacks can't be recorded"
        raise InputError(what, lines[-1] if lines else "Run python -m rehearsal record to see why.")
    return cast("list[_Stack]", json.loads(done.stdout))


def _check(project: Path, recorded: _Stack, judge: Judge) -> Checked:
    context = Context.of_config(recorded["stack"], recorded["config"].get)
    analysis = Analysis(Run(context=context, judge=judge, look_into=partial(look_into, Renderer(project))))
    verdicts: list[Verdict] = []
    for each in recorded["resources"]:
        if each["declared"] is not None:
            request = json_format.ParseDict(each["declared"], analyzer_pb2.AnalyzeRequest())
            verdicts += analysis.resource(request)
    shown = [json_format.ParseDict(each["shown"], analyzer_pb2.AnalyzerResource()) for each in recorded["resources"]]
    verdicts += analysis.stack(shown)
    places = {each["shown"]["urn"]: (each["file"], each["line"]) for each in recorded["resources"]}
    own_file = f"Pulumi.{context.stack}.yaml"
    located: list[Located] = []
    for verdict in verdicts:
        file, line = places.get(verdict.finding.source.urn, ("", 0))
        located.append(Located(verdict=verdict, file=file or own_file, line=line if file else 1))
    return Checked(name=context.stack, resources=len(shown), located=tuple(located))
