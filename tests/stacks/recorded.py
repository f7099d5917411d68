"""Each stack's whole program, run with its committed config against a recorder, once."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

from rehearsal.engine.program import Config
from rehearsal.engine.record import Known, Recording, record
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Secret, Unknown, Value
from rehearsal.project import Project

ROOT = Path(__file__).parents[2]
PROJECT = "stratmaster"
STACKS = ("production", "blue", "green", "traffic", "dev")
RANDOM = "canary-of-every-generated-value"
"""What the recorder generates; it may be seen nowhere."""

IMAGE = "api:v1"
UP: Mapping[str, Properties] = {
    "production": {"namespace": "stratmaster-production"},
    "blue": {"deployment": "stratmaster-blue/stratmaster-api"},
    "green": {"deployment": "stratmaster-green/stratmaster-api"},
    "traffic": {"weights": {"blue": 100.0, "green": 0.0}, "maintenance": False, "host": "api.stratmaster.com"},
}


def deployment(image: str = IMAGE, ready: int = 3, generation: int = 1) -> Properties:
    """A slot's Deployment as the cluster shows it."""
    return {
        "metadata": {"name": "stratmaster-api", "generation": generation},
        "spec": {"template": {"spec": {"containers": [{"name": "api", "image": image}]}}},
        "status": {"observedGeneration": 1, "readyReplicas": ready, "updatedReplicas": ready},
    }


def declared(image: str = IMAGE, *, shutdown: bool = False) -> Properties:
    """A slot's declaration as the cluster shows it."""
    data: Properties = {"image": image, "minReplicas": "3", "shutdown": "true" if shutdown else "false"}
    return {"metadata": {"name": "stratmaster-declared"}, "data": data}


def live(**deployments: Properties) -> dict[tuple[str, str], Properties]:
    """Live objects of both slots, well but for the Deployments that are given."""
    objects: dict[tuple[str, str], Properties] = {}
    for slot in ("blue", "green"):
        objects["Deployment", f"stratmaster-{slot}/stratmaster-api"] = deployments.get(slot, deployment())
        objects["ConfigMap", f"stratmaster-{slot}/stratmaster-declared"] = declared()
    return objects


def run(
    stack: str,
    *,
    stacks: Mapping[str, Properties] = UP,
    objects: Mapping[tuple[str, str], Properties] | None = None,
    secret: frozenset[str] = frozenset(),
    changes: Mapping[str, object] | None = None,
    **more: object,
) -> Recording:
    """Record a stack with some settings changed, given what its look-ups find."""
    committed = Project.find(ROOT).config(stack)
    texts = {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in {**(changes or {}), **more}.items()
    }
    config = Config(values={**committed.values, **texts}, secret_keys=committed.secret_keys | secret)
    known = Known(stacks=stacks, objects=live() if objects is None else objects, random=RANDOM)
    return record(ROOT, PROJECT, stack, config, known)


@cache
def committed(stack: str) -> Recording:
    """A stack as its committed config declares it; it must go well."""
    recording = run(stack)
    assert recording.error is None, recording.error
    return recording


def made(recording: Recording) -> list[Resource]:
    """What the stack makes: neither components nor look-ups."""
    return [each for each in recording.resources if each.custom and not each.external]


def on_the_cluster(recording: Recording) -> list[Resource]:
    """What would be written to the cluster."""
    return [each for each in made(recording) if each.type.startswith("kubernetes:")]


def leaves(value: Value) -> Iterator[str]:
    """Every text that stands openly in a value; what is marked secret is not among them."""
    if isinstance(value, Secret | Unknown):
        return
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Value]", value).items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[Value]", value):
            yield from leaves(inner)
    else:
        yield str(value)


def plain(value: Value) -> object:
    """A recorded value without the marks of secrets."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in cast("Mapping[str, Value]", value).items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in cast("list[Value]", value)]
    return value
