"""What one stack would find of another, if all that the other declares were there and well."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast

import yaml

from rehearsal.engine.providers.helm import TYPE as RELEASE
from rehearsal.engine.providers.helm_cli import HelmCli
from rehearsal.engine.record import Known, Recording, record
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value, mapping, plain, text
from rehearsal.project import Project

Object: TypeAlias = dict[str, Value]


@dataclass(kw_only=True)
class Environment:
    """Records a project's stacks in order, each finding what those before it declare.

    Args:
        project: the project.
        helm: Helm's command, to render releases with; it needs no cluster for that.
        known: what look-ups find, filled as stacks are recorded.
    """

    project: Project
    helm: HelmCli
    stacks: dict[str, Properties] = field(default_factory=dict[str, Properties])
    live: dict[tuple[str, str], Properties] = field(default_factory=dict[tuple[str, str], Properties])

    def record(self, stack: str) -> Recording:
        """Record one stack; stacks that are not recorded yet have no outputs."""
        for other in self.project.stacks():
            self.stacks.setdefault(other, {})
        known = Known(stacks=self.stacks, objects=self.live)
        recording = record(self.project.folder, self.project.name, stack, self.project.config(stack), known)
        if recording.error is None:
            self.stacks[stack] = recording.outputs
            for each in self.objects(recording):
                self._assume(each)
            self._assume_ready()
        return recording

    def objects(self, recording: Recording) -> list[Object]:
        """Every object of a recording, those inside its releases too; what is secret shows as its mark."""
        found: list[Object] = []
        for resource in recording.resources:
            if resource.external or not resource.custom:
                continue
            if resource.type == RELEASE:
                found += self.rendered(resource)
            elif resource.inputs.get("kind"):
                found.append(cast("Object", plain(resource.inputs)))
        return found

    def rendered(self, release: Resource) -> list[Object]:
        """The objects of a release as an install would make them."""
        inputs = release.inputs
        manifests = self.helm.template(
            text(inputs.get("name")),
            text(inputs.get("namespace")),
            str(self.project.folder / text(inputs.get("chart"))),
            json.dumps(plain(inputs.get("values") or {})),
        )
        objects = [cast("Object", each) for each in yaml.load_all(manifests, Loader=yaml.CSafeLoader) if each]
        for each in objects:
            metadata = dict(mapping(each.get("metadata")))
            metadata.setdefault("namespace", text(inputs.get("namespace")))
            each["metadata"] = metadata
        return objects

    def _assume(self, each: Object) -> None:
        metadata = {**mapping(each.get("metadata")), "generation": 1}
        namespace, name = text(metadata.get("namespace")), text(metadata.get("name"))
        key = (text(each.get("kind")), f"{namespace}/{name}" if namespace else name)
        self.live[key] = {**each, "metadata": metadata}

    def _assume_ready(self) -> None:
        """Every Deployment has the replicas that it asks for, or that its autoscaler asks for at least."""
        least = {
            (key[1].partition("/")[0], text(target.get("name"))): spec.get("minReplicas")
            for key, each in self.live.items()
            if key[0] == "HorizontalPodAutoscaler"
            for spec in [mapping(each.get("spec"))]
            for target in [mapping(spec.get("scaleTargetRef"))]
        }
        for (kind, id_), each in self.live.items():
            if kind == "Deployment":
                namespace, _, name = id_.partition("/")
                declared = mapping(each.get("spec")).get("replicas")
                self.live[kind, id_] = {**each, "status": _status(least.get((namespace, name)) or declared)}


def _status(replicas: Value) -> Mapping[str, Value]:
    count = replicas if isinstance(replicas, int) else 1
    counted = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), count)
    return {"observedGeneration": 1, **counted}


def environment(project: Project, helm: Path) -> Environment:
    """The environment of a project, with Helm at `helm`."""
    cli = HelmCli(binary=helm, kubeconfig=project.home / "kubeconfig", context="", home=project.home)
    return Environment(project=project, helm=cli)


def record_all(environment: Environment, stacks: Iterable[str]) -> dict[str, Recording]:
    """Record `stacks`, which stand in the order they come up, the ones that are left out before them."""
    wanted = set(stacks)
    order = [each for each in environment.project.stacks() if each in wanted or _needed(environment.project, each)]
    recorded = {stack: environment.record(stack) for stack in order}
    return {stack: recording for stack, recording in recorded.items() if stack in wanted}


def _needed(project: Project, stack: str) -> bool:
    return stack in project.environment()
