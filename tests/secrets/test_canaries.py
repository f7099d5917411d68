"""A supplied value and a generated one are on no path that a person or a machine reads.

State, preview and logs of a real update: test_on_a_cluster.py. Golden files and inputs: tests/stacks/test_safety.py.
Git: test_repository.py.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from rehearsal.control_plane import ControlPlane
from rehearsal.engine.crypter import Crypter
from tests.stacks.recorded import ROOT, run

CANARY = "canary/of@every:path"
FORMS = (CANARY, quote(CANARY, safe=""), base64.b64encode(CANARY.encode()).decode())
PASSPHRASE = "a-passphrase"
WHOLE = {"postgres-credentials": {"postgres-password": CANARY}, "external-api-keys": {"openai-api-key": CANARY}}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "rendered objects": ("rehearsal", "render", "dev", "--out", "rendered", "--json"),
    "the policies' judgement": ("policies.check", "--stack", "dev", "--json", "--sarif", "a.sarif", "--junit", "a.xml"),
}
MISTAKES: Mapping[str, Mapping[str, object]] = {
    "an unknown key": {"external-api-keys": {"opanai-api-key": CANARY}},
    "an unknown secret": {"external-keys": {"openai-api-key": CANARY}},
    "a derived key": {"postgres-credentials": {"postgres-url": CANARY}},
    "a text for a mapping": {"external-api-keys": CANARY},
    "a list for a text": {"external-api-keys": {"openai-api-key": [CANARY]}},
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The project with encrypted values in development's stack file, as `pulumi config set --secret` leaves them."""

    folder: Path
    helm: Path

    def configure(self) -> None:
        crypter, file = Crypter.new(PASSPHRASE), self.folder / "Pulumi.dev.yaml"
        document = yaml.safe_load((ROOT / file.name).read_text())
        document["config"]["stratmaster:secretValues"] = {
            name: {key: {"secure": crypter.encrypt(value)} for key, value in values.items()}
            for name, values in WHOLE.items()
        }
        file.write_text(yaml.safe_dump({"encryptionsalt": crypter.describe(), **document}))

    def run(self, *arguments: str, passphrase: str = PASSPHRASE) -> subprocess.CompletedProcess[str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        path = f"{self.helm.parent}{os.pathsep}{kept['PATH']}"
        home = str(self.folder / "home")
        own = {"PATH": path, "PULUMI_CONFIG_PASSPHRASE": passphrase, "REHEARSAL_HOME": home}
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=kept | own, capture_output=True, text=True, check=False, timeout=300
        )


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Draft:
    folder = tmp_path_factory.mktemp("canaries") / "project"
    left_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "benchmarks", "node_modules")
    shutil.copytree(ROOT, folder, ignore=left_out)
    made = Draft(folder=folder, helm=ControlPlane(folder / "home").binary("helm"))
    made.configure()
    return made


def spilt(draft: Draft, said: str) -> list[str]:
    """Where a form of the canary is: in what was said, or in a file."""
    found = [f"said: {form}" for form in FORMS if form in said]
    files = [path for path in draft.folder.rglob("*") if path.is_file() and path.stat().st_size < 10_000_000]
    return found + [str(path) for path in files if any(form.encode() in path.read_bytes() for form in FORMS)]


@pytest.mark.parametrize("path", COMMANDS)
def test_no_secret_value_is_in(path: str, draft: Draft) -> None:
    done = draft.run(*COMMANDS[path])
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) > 20
    assert not spilt(draft, done.stdout + done.stderr)
    rendered = "".join(file.read_text() for file in (draft.folder / "rendered").rglob("*.yaml"))
    assert "[secret]" in rendered, "its mark stands where the value would"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_no_secret_value_is_in_the_refusal_of(mistake: str) -> None:
    recording = run("dev", secret=frozenset({"stratmaster:secretValues"}), secretValues=MISTAKES[mistake])
    said = "\n".join(each.message for each in recording.diagnostics)
    assert recording.error is not None
    assert "stratmaster:secretValues" in recording.error
    assert "Traceback" not in said
    assert not [form for form in FORMS if form in said]


def test_another_passphrase_opens_nothing_and_says_so_without_a_value(draft: Draft) -> None:
    done = draft.run("rehearsal", "record", "dev", passphrase="another")
    assert done.returncode != 0
    assert "passphrase" in done.stderr
    assert not spilt(draft, done.stdout + done.stderr)
