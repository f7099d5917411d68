"""The real stacks pass the pack, through the protocol, with the config that is committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from rehearsal.engine.record import Known, Recording, record
from rehearsal.engine.wire import Properties
from rehearsal.project import Project
from tests.policies.judging import IMAGE, PACK

STACKS = ["production", "blue", "green", "traffic", "dev"]
ROOT = Path(__file__).parents[2]


def _ready(slot: str) -> Iterator[tuple[tuple[str, str], Properties]]:
    """What a slot that may have traffic looks like on the cluster."""
    deployment: Properties = {
        "metadata": {"name": "stratmaster-api", "namespace": f"stratmaster-{slot}", "generation": 1},
        "spec": {"template": {"spec": {"containers": [{"name": "api", "image": IMAGE}]}}},
        "status": {"observedGeneration": 1, "readyReplicas": 3, "updatedReplicas": 3, "replicas": 3},
    }
    declared: Properties = {
        "metadata": {"name": "stratmaster-declared", "namespace": f"stratmaster-{slot}"},
        "data": {"image": IMAGE, "minReplicas": "3", "shutdown": "false"},
    }
    yield ("Deployment", f"stratmaster-{slot}/stratmaster-api"), deployment
    yield ("ConfigMap", f"stratmaster-{slot}/stratmaster-declared"), declared


def _recorded(stack: str) -> tuple[Recording, Analyzers]:
    project = Project.find(ROOT)
    config = project.config(stack)
    outputs: dict[str, Properties] = {
        "production": {"namespace": "stratmaster-production"},
        "blue": {"deployment": "stratmaster-api"},
        "green": {"deployment": "stratmaster-api"},
        "traffic": {},
    }
    known = Known(stacks=outputs, objects=dict([*_ready("blue"), *_ready("green")]))
    recording = record(ROOT, project.name, stack, config, known)
    analyzers = Analyzers.start([PACK], project=project.name, stack=stack, dry_run=True, config=config.values)
    return recording, analyzers


@pytest.fixture(autouse=True)
def committed_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody set with -c on this machine isn't part of the test."""
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_of_the_stack_passes_the_pack(stack: str) -> None:
    recording, analyzers = _recorded(stack)
    assert recording.error is None
    by_urn = {each.urn: each for each in recording.resources}
    shown = [AnalyzedResource(resource=each, provider=by_urn.get(each.provider_urn)) for each in recording.resources]
    with analyzers:
        declared = [each for each in shown if not each.resource.external]
        violations = [violation for each in declared for violation in analyzers.analyze(each)]
        violations += analyzers.analyze_stack(shown)
    assert violations == []
    # The rules looked at something: objects, each with the stack's own provider.
    assert len([each for each in shown if each.resource.type.startswith("kubernetes:") and each.provider]) > 3
