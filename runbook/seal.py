"""`python -m runbook seal`: secrets into `secrets/<stack>.sealed.yaml`, so that only the cluster can open them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import Field

from components import conventions
from components.secret_catalogue import SecretSpec, catalogue
from runbook import cluster, stack_file
from runbook.commands import Commands, command
from runbook.errors import RunbookError
from runbook.sealing.asking import given
from runbook.sealing.box import Certificate, Scope, label, seal
from runbook.sealing.choosing import Chosen, Place, choose, secret_of
from runbook.sealing.controller import Controller, SealedValues, certificate_at
from runbook.sealing.sealed_file import SealedFile
from settings.problems import nearest

_BACKEND: Final = "sealed"
_ROLES: Final = ("foundation", "slot")
_EXAMPLE: Final = """\
python -m runbook seal blue postgres-credentials < .env    POSTGRES_HOST=… and the others; its URLs follow from them
  python -m runbook seal blue external-api-keys openai-api-key    asks for the value, and doesn't show it
  pass show stratmaster/blue.yaml | python -m runbook seal blue   all secrets, as {<secret>: {<key>: <value>}}
  python -m runbook seal blue --rotate    all anew for the controller's newest key; nobody sees a value
  python -m runbook seal blue --rotate --dry-run    whether the cluster opens all that is there"""


def add(commands: Commands) -> None:
    """Declare the command."""
    found = command(
        commands,
        "seal",
        "seal secrets for a stack, from standard input or a prompt, into secrets/<stack>.sealed.yaml",
        example=_EXAMPLE,
    )
    found.add_argument("stack", help="the stack: production, blue, green")
    found.add_argument(
        "what", nargs="*", metavar="SECRET [KEY]", help="a secret, and one key of it; without a key, all that is given"
    )
    found.add_argument("--scope", type=Scope, choices=list(Scope), help="default: as it is in the file, else strict")
    found.add_argument("--cert", metavar="FILE|URL", help="the controller's certificate; default: from the cluster")
    found.add_argument("--rotate", action="store_true", help="seal what is there anew, for the controller's newest key")
    found.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
    found.add_argument("--context", help="a context of the kubeconfig; default: the stack's")
    found.add_argument("--controller-namespace", default="kube-system", metavar="NAME", help="default: %(default)s")
    found.add_argument(
        "--controller-name", default="sealed-secrets-controller", metavar="NAME", help="default: %(default)s"
    )
    found.set_defaults(run=_seal)


@dataclass(frozen=True, kw_only=True)
class _Target:
    """What is sealed for.

    Attributes:
        namespace: the stack's.
        specs: its secrets.
        only: the one secret that was named.
        key: the one key of it.
    """

    namespace: str
    specs: Sequence[SecretSpec]
    only: SecretSpec | None
    key: str | None


class _Kind(stack_file.Part):
    role: str = Field(default="", alias="stratmaster:role")


def _seal(options: argparse.Namespace) -> int:
    target = _target(options)
    file = SealedFile(stack_file.PROJECT / "secrets" / f"{options.stack}.sealed.yaml", options.stack)
    if options.rotate:
        done = _rotate(options, target, file)
        certificate = None
    else:
        # The certificate first: nobody types a secret for nothing.
        certificate = _certificate(options)
        done = _fill(options, target, file, certificate)
    if not options.dry_run:
        file.write()
    _say(options, file, done, certificate)
    return 0


def _target(options: argparse.Namespace) -> _Target:
    """The stack and what was named of it.

    Raises:
        RunbookError: it has no secrets, a name is unknown, or a value was given as an argument.
    """
    specs = _specs(options.stack)
    if len(options.what) > 2 or any("=" in each for each in options.what):  # noqa: PLR2004 a secret and its key
        raise RunbookError(
            "A value is never an argument: the shell's history and every process of the machine could read it.",
            "Take it for known, and change it. Then pipe the new one in, or leave it out to be asked for it.",
        )
    only = secret_of(options.what[0], specs, "The secret that was named") if options.what else None
    key = options.what[1] if only and len(options.what) > 1 else None
    return _Target(namespace=conventions.slot_namespace(options.stack), specs=specs, only=only, key=key)


def _specs(stack: str) -> Sequence[SecretSpec]:
    stacks = stack_file.stacks()
    if stack not in stacks:
        raise RunbookError("There is no such stack.", nearest(stack, stacks))
    try:
        role = stack_file.read(stack, _Kind).role
    except stack_file.Unreadable as unreadable:
        raise RunbookError(f"{unreadable} can't be read.", "Mend it: `pulumi preview` says where.") from None
    if role not in _ROLES:
        raise RunbookError(
            f"Stack {stack} has no secrets.", "Seal for a foundation or a slot: production, blue, green."
        )
    return catalogue(foundation=role == _ROLES[0])


def _certificate(options: argparse.Namespace) -> Certificate:
    if options.cert:
        return certificate_at(options.cert, datetime.now(UTC))
    return _controller(options).certificate()


def _controller(options: argparse.Namespace) -> Controller:
    context = cluster.context_of(options)
    return Controller(cluster.connect(context), context, options.controller_namespace, options.controller_name)


def _fill(
    options: argparse.Namespace, target: _Target, file: SealedFile, certificate: Certificate
) -> list[dict[str, object]]:
    """Seal what is given, into the file's text; nothing is written yet."""
    chosen = choose(given(target.only, target.key), target.specs, target.only)
    sealed: dict[Place, str] = {}
    for spec in target.specs:
        ours = [each for each in chosen if each.secret is spec]
        if ours:
            scope = _scope(options, spec, file, {each.key for each in ours})
            place = label(scope, target.namespace, spec.object_name(_BACKEND))
            sealed.update({(spec.name, each.key): seal(each.value, certificate, place) for each in ours})
    file.change(sealed)
    return [_fact(each, file) for each in chosen]


def _scope(options: argparse.Namespace, spec: SecretSpec, file: SealedFile, keys: set[str]) -> Scope:
    """The scope of a secret's values, which is one for all of them.

    Raises:
        RunbookError: it would change, but not for all that are there.
    """
    before = file.scope(spec.name)
    scope: Scope = options.scope or before
    left = sorted(key for secret, key in file.values() if secret == spec.name and key not in keys)
    if scope != before and left:
        raise RunbookError(
            f"{spec.name} is sealed {before}, and {', '.join(left)} would stay so: one Secret has one scope.",
            "Give all its values to change the scope, or leave --scope out.",
        )
    if scope != before:
        file.rescope(spec.name, scope)
    return scope


def _fact(each: Chosen, file: SealedFile) -> dict[str, object]:
    return {
        "secret": each.secret.name,
        "key": each.key,
        "scope": file.scope(each.secret.name).value,
        "madeFromOthers": each.made,
    }


def _rotate(options: argparse.Namespace, target: _Target, file: SealedFile) -> list[dict[str, object]]:
    """Have the controller seal anew what is there."""
    if options.cert or options.scope or target.key:
        raise RunbookError(
            "--rotate goes without --cert, --scope and a key: the controller seals whole secrets, as they are.",
            "Leave them out.",
        )
    controller, values = _controller(options), file.values()
    sealed: dict[Place, str] = {}
    for spec in [target.only] if target.only else target.specs:
        ours = {key: text for (secret, key), text in values.items() if secret == spec.name}
        if ours:
            whole = SealedValues(
                namespace=target.namespace,
                name=spec.object_name(_BACKEND),
                scope=file.scope(spec.name),
                values=ours,
            )
            sealed.update({(spec.name, key): text for key, text in controller.rotated(whole).items()})
    if not sealed:
        raise RunbookError(
            f"{file.shown} has nothing to seal anew.", f"Seal first: python -m runbook seal {options.stack} --help"
        )
    file.change(sealed)
    return [
        {"secret": secret, "key": key, "scope": file.scope(secret).value, "madeFromOthers": False}
        for secret, key in sealed
    ]


def _say(
    options: argparse.Namespace, file: SealedFile, done: list[dict[str, object]], certificate: Certificate | None
) -> None:
    if options.json:
        told = {
            "stack": options.stack,
            "file": file.shown,
            "written": not options.dry_run,
            "certificate": {"sha256": certificate.fingerprint, "notAfter": certificate.ends.isoformat()}
            if certificate
            else None,
            "sealed": done,
        }
        print(json.dumps(told, indent=1))
        return
    for each in done:
        made = " (put together from the others)" if each["madeFromOthers"] else ""
        print(f"{each['secret']}.{each['key']} sealed{' anew' if options.rotate else ''}, {each['scope']}{made}")
    if certificate:
        print(f"for certificate {certificate.fingerprint[:16]}, which ends {certificate.ends:%Y-%m-%d}")
    print(f"{file.shown}: {'nothing written (--dry-run)' if options.dry_run else 'written; review and commit it'}")
