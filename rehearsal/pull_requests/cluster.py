"""Previews of a real cluster's stacks by the released CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from rehearsal.errors import RehearsalError
from rehearsal.pull_requests.preview import Json

_STREAM: Final = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""Without it `--json` leaves out what policy packs say."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What `pulumi preview` said of a stack.

    Args:
        stack: which.
        code: its exit code.
        events: the engine's, in order.
        complaint: what it said on standard error, where it never got as far as the engine.
    """

    stack: str
    code: int
    events: Sequence[Json]
    complaint: str

    def document(self) -> Json:
        """As `rehearsal.pull_requests.reading` takes it."""
        return {"stack": self.stack, "exitCode": self.code, "events": self.events, "complaint": self.complaint}


def preview(stacks: Sequence[str], packs: Sequence[str], report: Callable[[str], None]) -> list[Told]:
    """Preview stacks one after the other, all of them even if one fails: a reviewer wants to see what the others do.

    Args:
        stacks: their names, where the CLI's backend finds them.
        packs: folders of policy packs.
        report: gets a line when a stack begins, and the command as it can be run again by hand.

    Raises:
        RehearsalError: there is no `pulumi` on the PATH.
    """
    if shutil.which("pulumi") is None:
        raise RehearsalError(
            "the Pulumi CLI is not on the PATH",
            "Install it (pulumi.com/docs/install); `make preview-embedded` needs none.",
        )
    return [_preview(stack, packs, report) for stack in stacks]


def _preview(stack: str, packs: Sequence[str], report: Callable[[str], None]) -> Told:
    command = ["pulumi", "preview", "--stack", stack, "--json", "--diff", "--non-interactive"]
    for pack in packs:
        command += ["--policy-pack", pack]
    report(f"$ {' '.join(f'{key}={value}' for key, value in _STREAM.items())} {' '.join(command)}")
    done = subprocess.run(command, env={**os.environ, **_STREAM}, capture_output=True, text=True, check=False)
    events, other = _parted(done.stdout)
    complaint = "\n".join(line for line in (*other, *done.stderr.splitlines()) if line.strip())
    return Told(stack=stack, code=done.returncode, events=events, complaint="" if events else complaint)


def _parted(output: str) -> tuple[list[Json], list[str]]:
    """The events in an output, and the lines that are none."""
    events: list[Json] = []
    other: list[str] = []
    for line in output.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if isinstance(found, dict):
            events.append(cast("Json", found))
        elif line.strip():
            other.append(line)
    return events, other
