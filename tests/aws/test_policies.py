"""The foundation with everything at AWS passes the pack, as `python -m policies.check` judges it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.aws.declared import ALL
from tests.stacks.recorded import ROOT


def project(folder: Path, changes: Mapping[str, object]) -> Path:
    """The project with other settings of the foundation; the rest is linked."""
    for each in ROOT.iterdir():
        if each.name not in {".rehearsal", "Pulumi.production.yaml", ".git"}:
            (folder / each.name).symlink_to(each)
    committed = yaml.safe_load((ROOT / "Pulumi.production.yaml").read_text())
    committed["config"].update({f"stratmaster:{key}": value for key, value in changes.items()})
    (folder / "Pulumi.production.yaml").write_text(json.dumps(committed))
    return folder


def test_the_check_passes_with_aws_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "policies.check", "--stack", "production", "--json"]
    done = subprocess.run(command, cwd=project(tmp_path, ALL), capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["results"] == []
