"""`python -m runbook sealing-keys list|backup|restore`: what all sealed secrets depend on."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Final

from pydantic import Field

from runbook import cluster, stack_file
from runbook.commands import Commands, command
from runbook.errors import RunbookError
from runbook.sealing.keys import SealingKeys, decrypt, encrypt, now

ATTENTION: Final = 2
"""Exit code of `list` when a key isn't in any backup."""


class _Backups(stack_file.Part):
    recipients: list[str] = Field(default_factory=list, alias="configRecipients")


class _Config(stack_file.Part):
    backups: _Backups = Field(default=_Backups(), alias="stratmaster:backups")


def add(commands: Commands) -> None:
    """Declare the command."""
    top = commands.add_parser(
        "sealing-keys",
        help="list the controller's keys, back them up, or restore them",
        description="The Sealed Secrets controller's keys. It makes a new one every 30 days: back up after each.",
    )
    below = top.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = command(
        below,
        "list",
        f"list the keys and when each was backed up; exit code {ATTENTION} if one never was",
        example="python -m runbook sealing-keys list --json",
    )
    backing = command(
        below,
        "backup",
        "write all keys into one file, encrypted with age; no clear text leaves this process",
        example="python -m runbook sealing-keys backup --recipient age1… --out keys.age",
    )
    backing.add_argument(
        "--recipient",
        action="append",
        default=[],
        metavar="AGE1…",
        help="who can open it; again for more (default: the stack's stratmaster:backups.configRecipients)",
    )
    backing.add_argument("--out", type=Path, metavar="FILE", help="a new file (default: sealing-keys-<time>.age)")
    restoring = command(
        below,
        "restore",
        "put keys back that the cluster doesn't have; what is there stays",
        example="python -m runbook sealing-keys restore keys.age --identity ~/.age/key.txt",
    )
    restoring.add_argument("file", type=Path, help="what backup wrote")
    restoring.add_argument("--identity", type=Path, required=True, metavar="FILE", help="a private key of age")
    for each, run in ((listing, _list), (backing, _backup), (restoring, _restore)):
        each.add_argument("--controller-namespace", default="kube-system", metavar="NAME", help="default: %(default)s")
        cluster.arguments(each, stack="production")
        each.set_defaults(run=run)


def _keys(options: argparse.Namespace) -> SealingKeys:
    context = cluster.context_of(options)
    return SealingKeys(cluster.connect(context), context, options.controller_namespace)


def _list(options: argparse.Namespace) -> int:
    found = _keys(options).all()
    if options.json:
        facts = [
            {
                "name": each.name,
                "notBefore": each.begins.isoformat(),
                "notAfter": each.ends.isoformat(),
                "backedUp": each.backed_up,
            }
            for each in found
        ]
        print(json.dumps(facts, indent=1))
    else:
        for each in found:
            told = f"backed up {each.backed_up}" if each.backed_up else "NOT BACKED UP"
            print(f"{each.name}  since {each.begins:%Y-%m-%d}, ends {each.ends:%Y-%m-%d}, {told}")
    return 0 if all(each.backed_up for each in found) else ATTENTION


def _backup(options: argparse.Namespace) -> int:
    recipients = options.recipient or _recipients(options)
    if not recipients:
        raise RunbookError(
            "Nobody is named who could open the backup.",
            "Give --recipient age1…, or set stratmaster:backups.configRecipients; `age-keygen` makes a pair.",
        )
    keys = _keys(options)
    found, when = keys.all(), now()
    backup = encrypt(found, options.controller_namespace, recipients)
    path: Path = options.out or Path(f"sealing-keys-{when}.age")
    _write(path, backup.body)
    for each in found:  # only now: a record without the file would silence the alert
        keys.record(each, when=when, digest=backup.digest, recipients=recipients)
    if options.json:
        print(json.dumps({"file": str(path), "sha256": backup.digest, "keys": [each.name for each in found]}, indent=1))
    else:
        print(f"{path}: {len(found)} keys for {', '.join(recipients)}; keep it away from this cluster and from Git")
    return 0


def _recipients(options: argparse.Namespace) -> list[str]:
    try:
        return stack_file.read(options.stack, _Config).backups.recipients
    except stack_file.Unreadable:
        return []


def _write(path: Path, body: bytes) -> None:
    """Write a file that wasn't there, whole.

    Raises:
        RunbookError: it is there, or can't be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RunbookError(
            f"{path} can't be written: {error.strerror}.", "No key is noted as backed up. Give a new file: --out."
        ) from None


def _restore(options: argparse.Namespace) -> int:
    try:
        body, lines = options.file.read_bytes(), options.identity.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RunbookError(f"A file can't be read: {error}.", "Give the backup and the file of an identity.") from None
    found = decrypt(body, [line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-")])
    keys = _keys(options)
    restored = [each.name for each in found if keys.restore(each)]
    if options.json:
        print(json.dumps({"restored": restored, "there": [each.name for each in found if each.name not in restored]}))
        return 0
    print(f"{len(restored)} of {len(found)} keys restored, the others were there")
    if restored:
        restart = f"kubectl -n {options.controller_namespace} rollout restart deployment/sealed-secrets-controller"
        print(f"The controller reads them when it starts: {restart}")
    return 0
