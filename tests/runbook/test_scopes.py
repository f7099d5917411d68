"""A scope that the runbook notes is what the program tells the controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components import sealed_file
from components.secret_catalogue import catalogue
from rehearsal.engine.wire import mapping
from settings import SettingsError
from tests.runbook.certificates import pair, rsa_key
from tests.stacks.recorded import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.conftest import Project

NOTE = "sealedsecrets.bitnami.com/"


def notes(folder: Path) -> dict[str, set[str]]:
    """Each SealedSecret of blue with what its annotations say of its scope."""
    recording = run("blue", secrets={"folder": str(folder)})
    assert recording.error is None, recording.error
    found: dict[str, set[str]] = {}
    for each in recording.resources:
        if each.inputs.get("kind") == "SealedSecret":
            metadata = mapping(each.inputs["metadata"])
            found[str(metadata["name"])] = {key for key in mapping(metadata["annotations"]) if key.startswith(NOTE)}
    return found


def test_a_secret_that_is_sealed_more_widely_says_so_and_no_other(project: Project) -> None:
    certificate = f"--cert={pair(key=rsa_key()).written(project.folder)[0]}"
    for secret, scope, values in (
        ("jwt-secrets", "namespace-wide", b"{jwt-secret: a, session-secret: b, encryption-key: c}"),
        ("qdrant-credentials", "cluster-wide", b"{qdrant-url: a, qdrant-api-key: b, qdrant-collection: c}"),
    ):
        project.seal(secret, certificate, f"--scope={scope}", stdin=values).well()
    found = notes(project.sealed.parent)
    assert found.pop("jwt-secrets-sealed") == {NOTE + "namespace-wide"}
    assert found.pop("qdrant-credentials-sealed") == {NOTE + "cluster-wide"}
    assert set(map(len, found.values())) == {0}


@pytest.mark.parametrize("scopes", ["scopes: {jwt-secrets: everywhere}", "scopes: wide", "scopes: [jwt-secrets]"])
def test_a_scope_that_is_none_is_refused(project: Project, scopes: str) -> None:
    project.sealed.write_text(f"{project.sealed.read_text()}{scopes}\n")
    with pytest.raises(SettingsError, match=r"secrets/blue.sealed.yaml: the scope of (jwt-secrets|them) is none"):
        sealed_file.read("blue", catalogue(foundation=False), project.sealed.parent)
