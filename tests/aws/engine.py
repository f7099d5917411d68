"""Programs carried out at AWS by the embedded engine, on moto, without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, Final

from rehearsal.engine.events import Result, Silent
from rehearsal.engine.providers.aws_server import Place, Server, endpoint
from rehearsal.engine.registry import Cluster
from rehearsal.engine.run import Engine
from tests.aws.declared import ACCOUNT, REGION, config
from tests.rehearsal.rig import write_program

PROVIDER: Final = f"""
import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions as Options

on = Options(provider=aws.Provider("aws", region="{REGION}", allowed_account_ids=["{ACCOUNT}"]))
"""
STACK: Final = "production"
HERE: Final = Place(account=ACCOUNT, region=REGION)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A project with one stack."""

    folder: Path

    @property
    def engine(self) -> Engine:
        nowhere = self.folder / "nowhere"
        cluster = Cluster(kubeconfig=nowhere, helm=nowhere, home=self.folder, project=self.folder)
        return Engine(
            project=self.folder,
            name="stratmaster",
            states=self.folder / "state",
            stacks=frozenset({STACK}),
            passphrase="tests",
            cluster=cluster,
        )

    @property
    def state(self) -> Path:
        return self.folder / "state" / f"{STACK}.json"

    def preview(self, program: str, changes: Mapping[str, object] | None = None) -> Result:
        write_program(self.folder, dedent(program))
        return self.engine.preview(STACK, config(changes or {}), Silent())

    def up(self, program: str, changes: Mapping[str, object] | None = None) -> Result:
        """Update, without looking first."""
        write_program(self.folder, dedent(program))
        return self.engine.update(STACK, config(changes or {}), Silent())

    def brought_up(self, program: str, changes: Mapping[str, object] | None = None) -> Result:
        """Preview and update; both go well."""
        for result in (self.preview(program, changes), self.up(program, changes)):
            assert not result.failed, errors(result)
        return result

    def refused(self, program: str, changes: Mapping[str, object] | None = None) -> str:
        """Preview, which must fail; returns what it says."""
        result = self.preview(program, changes)
        assert result.failed
        return errors(result)


def errors(result: Result) -> str:
    return "\n".join(each.message for each in result.diagnostics if each.severity == "error")


def ops(result: Result) -> dict[str, str]:
    """What was done to each resource that isn't as it was, by name."""
    return {step.name: step.op for step in result.changes if step.type != "pulumi:pulumi:Stack"}


def ask(service: str, method: str, place: Place = HERE, **request: object) -> Mapping[str, Any]:
    """Ask the rehearsal's AWS, as it was left by the last update."""
    return Server(url=endpoint()).call(service, method, place, request)
