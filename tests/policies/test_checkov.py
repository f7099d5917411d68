"""Checkov, an independent scanner, over the rendered manifests of every stack: no failed check without a reason."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import pytest

from rehearsal.environment import environment
from rehearsal.project import Project
from rehearsal.render import dump, path_of
from tests.policies.judging import ROOT
from tests.policies.mutation import STACKS, recordings
from tests.python_program import CHECKOV


@dataclass(frozen=True)
class Reason:
    """Why a check may fail, and in which namespaces; empty for all."""

    why: str
    namespace: str = ""


REASONS: Final = {
    "CKV_K8S_15": Reason("A developer's image has no digest, and is pulled once a node.", "stratmaster-dev"),
    "CKV_K8S_35": Reason("StratMaster reads credentials from variables alone; the pods take them by reference."),
    "CKV_K8S_40": Reason("The charts and their files belong to user 1001 (facts.md C44)."),
    "CKV_K8S_43": Reason("A developer's image changes from build to build.", "stratmaster-dev"),
}
"""Each check of Checkov's that fails on purpose."""


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Checkov's failed checks, and what each failed on."""
    folder = tmp_path_factory.mktemp("rendered")
    _render(folder)
    command = [
        str(CHECKOV.provide(print)),
        "-d",
        str(folder),
        "--framework",
        "kubernetes",
        "--skip-download",
        "--compact",
    ]
    done = subprocess.run([*command, "--quiet", "-o", "json"], capture_output=True, text=True, check=False)
    report = cast("dict[str, dict[str, object]]", json.loads(done.stdout))
    assert report["summary"]["parsing_errors"] == 0
    assert cast("int", report["summary"]["passed"]) > 1000
    found: dict[str, list[str]] = {}
    for each in cast("list[dict[str, str]]", report["results"]["failed_checks"]):
        found.setdefault(each["check_id"], []).append(each["resource"])
    return found


def test_no_check_of_checkov_fails_without_a_reason(failed: dict[str, list[str]]) -> None:
    unexplained = {
        (check, where)
        for check, resources in failed.items()
        for where in resources
        if check not in REASONS or REASONS[check].namespace not in where
    }
    assert unexplained == set()


def test_every_reason_is_still_needed(failed: dict[str, list[str]]) -> None:
    assert set(REASONS) <= set(failed)


def _render(folder: Path) -> None:
    found = environment(Project.find(ROOT), _helm())
    for stack in STACKS:
        assert recordings()[stack].error is None
        for each in found.objects(recordings()[stack]):
            file = folder / stack / path_of(each)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dump(each), encoding="utf-8")


def _helm() -> Path:
    helm = shutil.which("helm")
    assert helm is not None, "conftest puts it on the PATH"
    return Path(helm)
