"""A small Pulumi project of a test's own, run by the rehearsal's commands against the tests' control plane."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import cast

import yaml

from rehearsal.commands import Runner
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.events import Result
from rehearsal.engine.providers.api import Api, Object
from rehearsal.engine.providers.helm_cli import HelmCli
from rehearsal.errors import RehearsalError
from rehearsal.project import Project
from rehearsal.session import Session
from tests.waiting import eventually

PRELUDE = """\
import pulumi
import pulumi_kubernetes as k8s
from pulumi import ResourceOptions as Options
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Secret, Service, PersistentVolumeClaim
from pulumi_kubernetes.apps.v1 import Deployment, StatefulSet
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.helm.v3 import Release
import pulumi_random as random

config = pulumi.Config()
NS = config.require("namespace")
cluster = k8s.Provider("cluster", enable_config_map_mutable=True, enable_secret_mutable=True)

def meta(name, **more):
    return {"name": name, "namespace": NS, **more}

def on(**options):
    return Options(provider=cluster, **options)

def config_map(name, data=None, metadata=None, **options):
    return ConfigMap(name, metadata={**meta(name), **(metadata or {})}, data=data or {}, opts=on(**options))

def pods(tag="v1", app="app", **spec):
    labels = {"app": app}
    containers = [{"name": "api", "image": f"registry.example/api:{tag}"}]
    return {"metadata": {"labels": labels}, "spec": {"containers": containers, **spec}}

def deployment(name, tag="v1", replicas=1, annotations=None, custom_timeouts=None, **options):
    return Deployment(
        name,
        metadata=meta(name, annotations=annotations or {}),
        spec={"replicas": replicas, "selector": {"match_labels": {"app": name}}, "template": pods(tag, name)},
        opts=on(custom_timeouts=custom_timeouts, **options),
    )
"""
"""What every test program starts with."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command did.

    Args:
        well: whether it succeeded.
        results: of the preview, then of the update if there was one.
        text: all that it printed, errors too.
    """

    well: bool
    results: tuple[Result, ...]
    text: str

    @property
    def ops(self) -> dict[str, str]:
        """What the last run did to each resource that is neither unchanged nor read, by logical name."""
        return {step.name: step.op for step in self.results[-1].changes if step.type != "pulumi:pulumi:Stack"}

    @property
    def planned(self) -> dict[str, str]:
        """The same of the first run, the preview."""
        return {step.name: step.op for step in self.results[0].changes if step.type != "pulumi:pulumi:Stack"}

    @property
    def fields(self) -> dict[str, list[str]]:
        """The changed fields of each resource as the preview shows them."""
        return {step.name: [each.label for each in step.fields] for step in self.results[0].changes}

    @property
    def errors(self) -> str:
        """The errors of all runs."""
        found = [each for result in self.results for each in result.diagnostics if each.severity == "error"]
        return "\n".join(each.message for each in found)

    @property
    def warnings(self) -> str:
        """The warnings of all runs."""
        found = [each for result in self.results for each in result.diagnostics if each.severity == "warning"]
        return "\n".join(each.message for each in found)

    @property
    def outputs(self) -> Mapping[str, object]:
        """The stack's outputs as the last run reports them."""
        return self.results[-1].outputs


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A project in `folder` with one stack of a unique name and a namespace of its own."""

    folder: Path
    plane: ControlPlane
    stack: str
    namespace: str
    api: Api
    settings: dict[str, object] = field(default_factory=dict[str, object])

    @property
    def home(self) -> Path:
        return self.plane.home

    @property
    def state(self) -> Path:
        return self.home / "state" / f"{self.stack}.json"

    @property
    def journal(self) -> Path:
        return self.state.with_suffix(".journal")

    @property
    def helm(self) -> HelmCli:
        """Helm, to look at what the engine made."""
        return HelmCli(binary=self.plane.binary("helm"), kubeconfig=self.plane.kubeconfig, context="", home=self.folder)

    def run_helm(self, *arguments: str) -> str:
        """Run Helm as somebody else would."""
        command = [str(self.plane.binary("helm")), *arguments, "-n", self.namespace]
        environment = {**os.environ, "KUBECONFIG": str(self.plane.kubeconfig)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def program(self, text: str, **settings: object) -> None:
        """Write the program, and the settings that are other than before."""
        write_program(self.folder, PRELUDE + dedent(text))
        self.settings.update(settings)
        self.configure(self.stack, {"namespace": self.namespace, **self.settings})

    def configure(self, stack: str, settings: Mapping[str, object]) -> Path:
        """Write a stack's file."""
        path = self.folder / f"Pulumi.{stack}.yaml"
        values = {f"rig:{key}": value for key, value in settings.items()}
        path.write_text(yaml.safe_dump({"config": values}, sort_keys=False))
        return path

    def up(self, stack: str = "") -> Outcome:
        return self._run(lambda runner: runner.up([stack or self.stack]))

    def preview(self, stack: str = "") -> Outcome:
        return self._run(lambda runner: runner.preview([stack or self.stack]))

    def destroy(self, stack: str = "") -> Outcome:
        return self._run(lambda runner: runner.destroy([stack or self.stack]))

    def brought_up(self, text: str, **settings: object) -> Outcome:
        """Write the program and bring it up; it has to go well."""
        self.program(text, **settings)
        outcome = self.up()
        assert outcome.well, outcome.text
        return outcome

    def refused(self, text: str, **settings: object) -> str:
        """Write the program and bring it up; it has to fail. Returns what was printed."""
        self.program(text, **settings)
        outcome = self.up()
        assert not outcome.well, outcome.text
        return outcome.text

    def _run(self, operation: Callable[[Runner], bool]) -> Outcome:
        session = Session(project=self.project(), plane=self.plane)
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            runner = Runner(session=session)
            try:
                well = operation(runner)
            except RehearsalError as error:
                well = False
                printed.write(f"error: {error.what}\n  {error.mend}")
        return Outcome(well=well, results=tuple(runner.results), text=printed.getvalue())

    def project(self) -> Project:
        return Project(folder=self.folder, name="rig", home=self.home)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command of the rehearsal in a process (and group) of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "rehearsal", *arguments],
            cwd=self.folder,
            env=self.environment() | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        root = Path(__file__).parents[2]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return kept | {"REHEARSAL_HOME": str(self.home), "PYTHONPATH": str(root)}

    def command(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the rehearsal to its end, as a person would."""
        process = self.start(*arguments, **variables)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def get(self, kind: str, name: str, namespace: str | None = None, api_version: str = "v1") -> Object | None:
        """An object of the test's namespace (or another, or none)."""
        found = self.api.kind(api_version, kind)
        assert found is not None
        return self.api.get(found, self.namespace if namespace is None else namespace, name)

    def data(self, name: str) -> Mapping[str, str]:
        """A ConfigMap's data."""
        found = self.get("ConfigMap", name)
        assert found is not None, f"there is no ConfigMap {name}"
        return cast("dict[str, str]", found.get("data") or {})

    def uid(self, kind: str, name: str, api_version: str = "v1") -> str:
        found = self.get(kind, name, api_version=api_version)
        assert found is not None, f"there is no {kind} {name}"
        return str(cast("Object", found["metadata"])["uid"])

    def make(self, kind: str, name: str, manager: str = "someone", api_version: str = "v1", **fields: object) -> Object:
        """Apply an object as somebody else would."""
        found = self.api.kind(api_version, kind)
        assert found is not None
        body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}
        return self.api.request(
            "PATCH",
            found.path(self.namespace, name),
            body,
            query={"fieldManager": manager, "force": "true"},
            content_type="application/apply-patch+yaml",
        )

    def remove(self, kind: str, name: str, api_version: str = "v1") -> None:
        """Delete an object as somebody else would, and wait until it is gone."""
        found = self.api.kind(api_version, kind)
        assert found is not None
        self.api.request("DELETE", found.path(self.namespace, name))
        eventually(lambda: self.api.get(found, self.namespace, name) is None, f"{name} is gone")

    def names(self, kind: str, api_version: str = "v1") -> set[str]:
        """The names of all objects of a kind in the test's namespace, but those that Kubernetes puts there itself."""
        found = self.api.kind(api_version, kind)
        assert found is not None
        items = cast("list[Object]", self.api.request("GET", found.path(self.namespace))["items"])
        return {cast("dict[str, str]", each["metadata"])["name"] for each in items} - {"kube-root-ca.crt", "default"}


def write_program(folder: Path, text: str) -> None:
    """Write a project's program, and forget what Python keeps of the last one.

    It takes a changed program of the same length for the old one within a second, as no person would write it.
    """
    (folder / "__main__.py").write_text(text)
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)


@contextmanager
def rig_in(folder: Path, plane: ControlPlane) -> Generator[Rig]:
    """A rig with an empty namespace."""
    api = Api.of(plane.kubeconfig, "")
    token = secrets.token_hex(4)
    (folder / "Pulumi.yaml").write_text("name: rig\nruntime: python\n")
    rig = Rig(folder=folder, plane=plane, stack=f"s{token}", namespace=f"rig-{token}", api=api)
    namespaces = api.kind("v1", "Namespace")
    assert namespaces is not None
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": rig.namespace}}
    api.request("POST", namespaces.path(""), body)
    try:
        yield rig
    finally:
        api.request("DELETE", namespaces.path("", rig.namespace))
