"""KWOK's configuration: which stages play the kubelets, the load balancers and the controllers that aren't here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterable

OWN_STAGES = Path(__file__).resolve().parent.parent / "stages"
CONFIGURATION = {
    "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
    "kind": "KwokConfiguration",
    "options": {
        "manageAllNodes": True,
        # Leases, so that the node lifecycle controller sees the nodes alive as it would see kubelets.
        "nodeLeaseDurationSeconds": 40,
        # As many at once as two slots have pods; the default of 4 makes a roll-out visibly slow.
        "podPlayStageParallelism": 32,
        "nodePlayStageParallelism": 8,
        "nodeLeaseParallelism": 4,
        "podsOnNodeSyncParallelism": 4,
    },
}


def names() -> tuple[str, ...]:
    """What is simulated besides nodes and pods, by the stage files' names."""
    return tuple(sorted(path.stem for path in OWN_STAGES.glob("*.yaml")))


def write(path: Path, *, stages: Path, pod_cidr: str, real: frozenset[str]) -> None:
    """Write KWOK's configuration, one file with every stage.

    Args:
        path: the file.
        stages: KWOK's own stages, for nodes and pods.
        pod_cidr: range that pods' addresses come from.
        real: stage files of ours (by name) to leave out, because a real controller does that work.

    Raises:
        RehearsalError: `real` names a file that is not there.
    """
    unknown = real - set(names())
    if unknown:
        raise RehearsalError(
            f"Nothing called {', '.join(sorted(unknown))} is simulated.", f"Choose from: {', '.join(names())}."
        )
    own = [file for file in sorted(OWN_STAGES.glob("*.yaml")) if file.stem not in real]
    configuration = {**CONFIGURATION, "options": {**CONFIGURATION["options"], "cidr": pod_cidr}}
    parts = [yaml.safe_dump(configuration), *(file.read_text() for file in (*sorted(stages.glob("*.yaml")), *own))]
    path.write_text("\n---\n".join(parts))


def simulated(path: Path) -> set[str]:
    """The API groups (`v1`, `cert-manager.io/v1`) that the configuration's stages watch."""
    documents = cast("Iterable[dict[str, object] | None]", yaml.safe_load_all(path.read_text()))
    found: set[str] = set()
    for document in documents:
        if document and document.get("kind") == "Stage":
            spec = cast("dict[str, dict[str, str]]", document["spec"])
            found.add(spec["resourceRef"]["apiGroup"])
    return found
