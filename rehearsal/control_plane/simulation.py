"""KWOK's configuration: which stages play the kubelets, the load balancers and the controllers that aren't here."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_STAGES = Path(__file__).resolve().parent.parent / "stages"
OPTIONS = {
    "manageAllNodes": True,
    # Leases, so that the node lifecycle controller sees the nodes alive as it would see kubelets.
    "nodeLeaseDurationSeconds": 40,
    # As many at once as two slots have pods; the default of 4 makes a roll-out visibly slow.
    "podPlayStageParallelism": 32,
    "nodePlayStageParallelism": 8,
    "nodeLeaseParallelism": 4,
    "podsOnNodeSyncParallelism": 4,
}


def names() -> tuple[str, ...]:
    """What is simulated besides nodes and pods, by the stage files' names."""
    return tuple(sorted(path.stem for path in OWN_STAGES.glob("*.yaml")))


def write(folder: Path, *, stages: Path, pod_cidr: str, left_out: frozenset[str]) -> Path:
    """Write KWOK's configuration, one file with every stage.

    Args:
        folder: where to; earlier configurations in it are removed.
        stages: KWOK's own stages, for nodes and pods.
        pod_cidr: range that pods' addresses come from.
        left_out: stage files of ours (by name) that a real controller stands in for.

    Returns:
        The file, named by its content.

    Raises:
        RehearsalError: `left_out` names a file that is not there.
    """
    unknown = left_out - set(names())
    if unknown:
        raise RehearsalError(
            f"Nothing called {', '.join(sorted(unknown))} is simulated.", f"Choose from: {', '.join(names())}."
        )
    own = [file for file in sorted(OWN_STAGES.glob("*.yaml")) if file.stem not in left_out]
    configuration = {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": {**OPTIONS, "cidr": pod_cidr},
    }
    parts = [yaml.safe_dump(configuration), *(file.read_text() for file in (*sorted(stages.glob("*.yaml")), *own))]
    text = "\n---\n".join(parts)
    path = folder / f"kwok-{hashlib.sha256(text.encode()).hexdigest()[:12]}.yaml"
    for old in folder.glob("kwok-*.yaml"):
        if old != path:
            old.unlink()
    path.write_text(text)
    return path


def simulated(path: Path) -> set[tuple[str, str]]:
    """The kinds that the configuration's stages watch, each with its API group and version: ("v1", "Pod")."""
    documents = cast("Iterable[dict[str, object] | None]", yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader))
    found: set[tuple[str, str]] = set()
    for document in documents:
        if document and document.get("kind") == "Stage":
            reference = cast("dict[str, dict[str, str]]", document["spec"])["resourceRef"]
            found.add((reference["apiGroup"], reference["kind"]))
    return found
