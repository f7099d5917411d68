"""A program of what the foundation keeps at AWS, carried out by the embedded engine on moto, without a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Final

from rehearsal.engine.events import Result, Silent
from rehearsal.engine.program import Config
from rehearsal.engine.registry import Cluster
from rehearsal.engine.run import Engine
from tests.stacks.recorded import ROOT

FOUNDATION: Final = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import pulumi
from settings import FoundationSettings, load
from stacks import aws

settings = load()
assert isinstance(settings, FoundationSettings)
assert settings.aws is not None
aws.check(settings)
aws.keep(settings, settings.aws, pulumi.ResourceOptions())
"""
"""The foundation's own declarations, and nothing on the cluster."""
PROVIDER: Final = """
import pulumi
import pulumi_aws as aws
from pulumi import ResourceOptions as Options

here = aws.Provider("aws", region="us-east-1", allowed_account_ids=["123456789012"])
on = Options(provider=here)
"""
STACK: Final = "production"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A project with one stack."""

    folder: Path

    def write(self, program: str) -> None:
        (self.folder / "__main__.py").write_text(dedent(program))

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
        self.write(program)
        return self.engine.preview(STACK, _config(changes or {}), Silent())

    def up(self, program: str, changes: Mapping[str, object] | None = None) -> Result:
        """Preview, and update if that goes well."""
        planned = self.preview(program, changes)
        if planned.failed:
            return planned
        return self.engine.update(STACK, _config(changes or {}), Silent())

    def brought_up(self, program: str, changes: Mapping[str, object] | None = None) -> Result:
        result = self.up(program, changes)
        assert not result.failed, errors(result)
        return result


def _config(changes: Mapping[str, object]) -> Config:
    whole = {"role": "foundation", "environment": "production", **changes}
    texts = {
        f"stratmaster:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in whole.items()
    }
    return Config(values=texts, secret_keys=frozenset())


def errors(result: Result) -> str:
    return "\n".join(each.message for each in result.diagnostics if each.severity == "error")
