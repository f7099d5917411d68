"""`--engine pulumi`: the same commands through the released CLI and a file backend, on the same control plane."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from rehearsal.errors import RehearsalError
from rehearsal.session import Session, passphrase


@dataclass(frozen=True, kw_only=True)
class PulumiCli:
    """Runs operations on stacks through `pulumi`, and prints each command so that it can be run again by hand."""

    session: Session

    def run(self, options: argparse.Namespace, stacks: Sequence[str]) -> int:
        """Carry out `up`, `preview` or `destroy`; stops at the first stack that fails. Returns its exit code.

        Raises:
            RehearsalError: there is no `pulumi`, or the embedded engine holds one of the stacks.
        """
        if shutil.which("pulumi") is None:
            raise RehearsalError(
                "--engine pulumi needs the Pulumi CLI, and it is not on the PATH",
                "Install it (pulumi.com/docs/install), or leave the option out.",
            )
        self._check_owner(stacks)
        self.session.plane.start(lambda line: print(line, file=sys.stderr))
        environment = self._environment()
        reports: list[object] = []
        code = 0
        self._init(environment)
        for stack in reversed(stacks) if options.command == "destroy" else stacks:
            code, output = self._operate(options, stack, environment)
            if options.json:
                reports.append({"stack": stack, "exitCode": code, "pulumi": _parsed(output)})
            if code:
                break
        if options.json:
            print(json.dumps({"stacks": reports}, indent=1))
        return code

    def _check_owner(self, stacks: Sequence[str]) -> None:
        engine = self.session.engine()
        for stack in stacks:
            if engine.holds(stack):
                raise RehearsalError(
                    f"stack {stack} was brought up by the embedded engine, whose state Pulumi doesn't know",
                    f"Go on with --engine embedded, or run destroy {stack} with it first.",
                )

    def _environment(self) -> Mapping[str, str]:
        home = self.session.project.home
        passphrase(home)  # made here where it isn't yet
        (home / "pulumi").mkdir(parents=True, exist_ok=True)
        return {
            "KUBECONFIG": str(self.session.plane.kubeconfig),
            "PULUMI_BACKEND_URL": f"file://{home.absolute() / 'pulumi'}",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(home.absolute() / "passphrase"),
        }

    def _init(self, environment: Mapping[str, str]) -> None:
        """Make all stacks first, since they refer to each other.

        In the folder of the copies: `stack init` writes a salt into the stack's file, and never into the committed one.
        """
        project = self.session.project
        copies = project.copy("any").parent
        copies.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(project.folder / "Pulumi.yaml", copies / "Pulumi.yaml")
        _, listed = self._pulumi(["-C", str(copies), "stack", "ls", "--json"], environment, quiet=True)
        known = {str(each["name"]) for each in cast("list[dict[str, object]]", _parsed(listed) or [])}
        for stack in project.stacks():
            if stack not in known:
                project.write_copy(stack)
                self._pulumi(["-C", str(copies), "stack", "init", stack, "--no-select"], environment)

    def _operate(self, options: argparse.Namespace, stack: str, environment: Mapping[str, str]) -> tuple[int, str]:
        copy = self.session.project.write_copy(stack, self.session.stand_ins(stack))
        arguments = [options.command, "--stack", stack, "--config-file", str(copy), "--non-interactive"]
        if options.command != "preview":
            arguments.append("--yes")
        if options.command != "destroy":
            for pack in self.session.packs:
                arguments += ["--policy-pack", str(pack)]
        if getattr(options, "expect_no_changes", False):
            arguments.append("--expect-no-changes")
        if options.json:
            arguments.append("--json")
        return self._pulumi(arguments, environment, quiet=options.quiet, capture=options.json)

    def _pulumi(
        self, arguments: Sequence[str], environment: Mapping[str, str], *, quiet: bool = False, capture: bool = False
    ) -> tuple[int, str]:
        command = ["pulumi", *arguments]
        if not quiet:
            variables = " ".join(f"{key}={shlex.quote(value)}" for key, value in environment.items())
            print(f"$ {variables} {shlex.join(command)}", file=sys.stderr if capture else sys.stdout, flush=True)
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE if capture or quiet else None,
            text=True,
            check=False,
            cwd=self.session.project.folder,
        )
        return done.returncode, done.stdout or ""


def _parsed(output: str) -> object:
    try:
        return json.loads(output)
    except ValueError:
        return output or None
