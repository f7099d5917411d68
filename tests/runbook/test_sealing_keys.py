"""The controller's keys: backed up for somebody, restored whole, and known to be or not to be so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pyrage
import pytest

from tests.runbook.conftest import Live, Project, sealed_secret

SYSTEM = "--namespace=kube-system"


@pytest.fixture
def identity(tmp_path: Path) -> tuple[str, Path]:
    """A public key, and the file of its private one as age-keygen writes it."""
    made = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# created: today\n# public key: {made.to_public()}\n{made}\n")
    return str(made.to_public()), path


def test_what_is_lost_with_the_cluster_comes_back_and_opens_again(
    live: Live, project: Project, identity: tuple[str, Path], kubeseal: Callable[..., CompletedProcess[bytes]]
) -> None:
    recipient, private = identity
    project.seal("jwt-secrets", "jwt-secret", stdin=b"value").well()
    sealed = sealed_secret("jwt-secrets-sealed", {"jwt-secret": project.values("jwt-secrets")["jwt-secret"]})
    backup = project.folder / "keys.age"
    told = project.run("sealing-keys", "backup", f"--recipient={recipient}", f"--out={backup}", "--json").well()
    names = json.loads(told.out)["keys"]
    assert {each["backedUp"] is not None for each in listed(project, 0)} == {True}
    live.kubectl("delete", "secret", *names, SYSTEM)
    try:
        project.run("sealing-keys", "list").refused("has no sealing key")
    finally:
        restored = project.run("sealing-keys", "restore", str(backup), f"--identity={private}", "--json").well()
    assert json.loads(restored.out) == {"restored": names, "there": []}
    again = project.run("sealing-keys", "restore", str(backup), f"--identity={private}", "--json").well()
    assert json.loads(again.out) == {"restored": [], "there": names}
    # kubeseal's own recovery takes what is inside, with no cluster at all.
    plain = project.folder / "plain.json"
    plain.write_bytes(pyrage.decrypt(backup.read_bytes(), [pyrage.x25519.Identity.from_str(key_of(private))]))
    opened = kubeseal("--recovery-unseal", f"--recovery-private-key={plain}", stdin=json.dumps(sealed).encode())
    assert json.loads(opened.stdout)["data"] == {"jwt-secret": "dmFsdWU="}


def test_a_key_that_no_backup_has_is_told(live: Live, project: Project, identity: tuple[str, Path]) -> None:
    records = live.kubectl("get", "configmaps", SYSTEM, "--output=name").split()
    if ours := [each for each in records if "backup-of-" in each]:
        live.kubectl("delete", *ours, SYSTEM)
    assert {each["backedUp"] for each in listed(project, 2)} == {None}
    unwritable = f"--out={project.folder / 'none' / 'keys.age'}"
    project.run("sealing-keys", "backup", f"--recipient={identity[0]}", unwritable).refused("No key is noted")
    assert {each["backedUp"] for each in listed(project, 2)} == {None}


def test_a_backup_holds_no_key_in_clear_and_is_its_owners(
    live: Live, project: Project, identity: tuple[str, Path]
) -> None:
    backup = project.folder / "keys.age"
    told = project.run("sealing-keys", "backup", f"--recipient={identity[0]}", f"--out={backup}").well()
    assert backup.stat().st_mode & 0o777 == 0o600
    for each in live.plane.sealing_keys():
        line = each.private.splitlines()[1]
        assert line not in backup.read_bytes()
        assert line.decode() not in told.out + told.err
    refused = project.run("sealing-keys", "backup", f"--recipient={identity[0]}", f"--out={backup}")
    refused.refused("can't be written")  # nor is an older one written over
    stranger = project.folder / "stranger.txt"
    stranger.write_text(str(pyrage.x25519.Identity.generate()))
    project.run("sealing-keys", "restore", str(backup), f"--identity={stranger}").refused("doesn't open")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backup",), ("Nobody is named", "configRecipients")),
        (("backup", "--recipient=age1nonsense"), ("no public key of age",)),
        (("restore", "/nonexistent", "--identity=/nonexistent"), ("can't be read",)),
    ],
)
def test_a_mistake_is_told(live: Live, project: Project, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert live.plane.status().ready
    project.run("sealing-keys", *arguments).refused(*words)


def listed(project: Project, code: int) -> list[dict[str, str | None]]:
    told = project.run("sealing-keys", "list", "--json")
    assert told.code == code, told.err
    return json.loads(told.out)


def key_of(path: Path) -> str:
    return path.read_text().splitlines()[-1]
