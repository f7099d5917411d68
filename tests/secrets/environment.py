"""A development slot of its own on a real API server, brought up in this process with one backend after the other."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rehearsal import stand_ins
from rehearsal.commands import Runner
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.program import Config
from rehearsal.errors import RehearsalError
from rehearsal.project import Project
from rehearsal.report import of_result
from rehearsal.session import Session
from tests.loop.cluster import Cluster
from tests.secrets.backends import sealed_for
from tests.stacks.recorded import ROOT

STACK: Final = "keys"
NAMESPACE: Final = f"stratmaster-{STACK}"
SUPPLIED: Final = "canary/of@every:supplied value"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a run left: whether it went well, and all that it said, to people and to machines."""

    well: bool
    said: str


@dataclass(frozen=True, kw_only=True)
class Configured(Project):
    """The project with one stack that has no file."""

    given: Config

    def config(self, stack: str, over: Mapping[str, object] | None = None) -> Config:
        assert (stack, over or {}) == (STACK, {})
        return self.given


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The slot, its control plane, and a folder for the sealed file that it has none of; `said` is all it ever said."""

    plane: ControlPlane
    folder: Path
    said: list[str] = field(default_factory=list[str])

    @property
    def cluster(self) -> Cluster:
        return Cluster.of(self.plane.kubeconfig)

    def up(self, secrets: Mapping[str, object]) -> Done:
        """Bring the slot up with these settings of secrets; `plain` gets a supplied value too. Nobody looks before."""
        return self._run(secrets, _update)

    def preview(self, secrets: Mapping[str, object]) -> Done:
        return self._run(secrets, lambda runner: runner.preview([STACK]))

    def destroy(self) -> Done:
        return self._run({"backend": "plain"}, lambda runner: runner.destroy([STACK]))

    def _run(self, secrets: Mapping[str, object], operation: Callable[[Runner], bool]) -> Done:
        own = {**secrets, "folder": str(self._sealed())} if secrets["backend"] == "sealed" else secrets
        project = Configured(folder=ROOT, name="stratmaster", home=self.plane.home, given=_config(own))
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            runner = Runner(session=Session(project=project, plane=self.plane))
            try:
                well = operation(runner)
            except RehearsalError as error:
                well = False
                printed.write(f"{error.what}\n{error.mend}")
        machine = json.dumps([of_result(each) for each in runner.results], default=str)
        self.said.append(printed.getvalue() + machine)
        return Done(well=well, said=self.said[-1])

    def _sealed(self) -> Path:
        """A folder with values that the plane's controller opens, in place of those that were sealed for nobody."""
        keys = self.plane.sealing_keys()
        folder = stand_ins.write(sealed_for(STACK, self.folder), namespace=NAMESPACE, home=self.folder, keys=keys)
        assert folder is not None
        return folder


def _update(runner: Runner) -> bool:
    config, screen = runner.session.project.config(STACK), runner.screen(updating=True)
    with runner.session.locked(STACK), screen:
        result = runner.session.engine().update(STACK, config, screen)
    screen.summary(result)
    runner.results.append(result)
    return not result.failed


def _config(secrets: Mapping[str, object]) -> Config:
    key = "stratmaster:secretValues"
    values = {**Project.find(ROOT).config("dev").values, "stratmaster:secrets": json.dumps(secrets)}
    if secrets["backend"] != "plain":
        return Config(values=values)
    values[key] = json.dumps({"external-api-keys": {"openai-api-key": SUPPLIED}})
    return Config(values=values, secret_keys=frozenset({key}), secrets=frozenset({SUPPLIED}))
