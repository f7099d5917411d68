"""What is committed, before the real scanners: nothing is found without a reason, and every reason is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from scans import exceptions
from scans.cli import PROJECT, judge
from scans.parts import dockerfiles, manifests

ENTRIES = exceptions.load()
# The day on which the first of them ends: a test must not fail by the calendar. `make scan` does.
TODAY = min(entry.expires for entry in ENTRIES)


def test_no_manifest_of_any_stack_fails_a_check_of_checkovs_without_a_reason() -> None:
    outcome = manifests.scan(PROJECT)
    judged = judge("manifests", outcome, ENTRIES, TODAY)
    assert judged.blocking == []
    assert outcome.unknown == []
    assert int(outcome.looked_at.split(", ")[1].split()[0]) > 1000
    assert {finding.file for finding in judged.excepted} >= {"Pulumi.blue.yaml", "Pulumi.dev.yaml"}


def test_the_images_dockerfile_is_clean() -> None:
    outcome = dockerfiles.scan(PROJECT)
    assert outcome.looked_at == "1 files"
    assert judge("dockerfiles", outcome, ENTRIES, TODAY).blocking == []


def test_a_weakness_in_this_very_dockerfile_is_found(tmp_path: Path) -> None:
    text = (PROJECT / "operations" / "Dockerfile").read_text()
    worse = re.sub(r"FROM .*", "FROM docker.io/library/python", text).replace("USER 1001", "USER root")
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "Dockerfile").write_text(worse)
    for arguments in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    judged = judge("dockerfiles", dockerfiles.scan(tmp_path), ENTRIES, TODAY)
    assert {"DL3006", "DL3002"} <= {finding.rule for finding in judged.blocking}
    assert {finding.file for finding in judged.blocking} == {"operations/Dockerfile"}


def test_what_is_installed_agrees_with_itself() -> None:
    """Two pins that exclude each other can't be installed anew, though each went into an old environment."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
