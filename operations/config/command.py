"""`python -m operations backup-config`, `restore-config` and `list-config`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from operations import metrics
from operations.backups import Choice
from operations.config import manifest as manifests
from operations.config.backup import back_up
from operations.config.cluster import Cluster
from operations.config.envelope import identities
from operations.config.restore import Selection, Step, objects, restore
from operations.environment import URL, Environment
from operations.errors import OperationError
from operations.postgres import Server
from operations.records import Run, recorded
from operations.saying import say
from operations.store import Store

_NAMESPACES: Final = ("stratmaster-production", "stratmaster-blue", "stratmaster-green")


def add_backup(command: argparse.ArgumentParser) -> None:
    """The flags of `backup-config`."""
    command.add_argument(
        "--namespace",
        action="append",
        metavar="NAME",
        help=f"may be given more than once; else {', '.join(_NAMESPACES)}",
    )
    command.add_argument("--context", help="of the kubeconfig; has to be given outside a pod")
    command.set_defaults(run=backup)


def add_restore(command: argparse.ArgumentParser) -> None:
    """The flags of `restore-config`, but for which backup."""
    command.add_argument(
        "--key", required=True, type=Path, metavar="FILE", help="the private key, as age-keygen made it"
    )
    command.add_argument("--dry-run", action="store_true", help="say what would change, value by value; write nothing")
    command.add_argument("--namespace", action="append", default=[], metavar="NAME", help="only this one's objects")
    command.add_argument("--kind", action="append", default=[], help="only such objects: Secret, ConfigMap, ...")
    command.add_argument(
        "--owned", action="store_true", help="also what Pulumi, a release or a controller would make again"
    )
    command.add_argument("--context", help="of the kubeconfig: which cluster; has to be given outside a pod")
    command.add_argument("--json", action="store_true", help="one JSON document on standard output")
    command.set_defaults(run=restore_config)


def add_list(command: argparse.ArgumentParser) -> None:
    """The flags of `list-config`."""
    command.add_argument("--json", action="store_true", help="one JSON document on standard output")
    command.set_defaults(run=list_config)


def backup(options: argparse.Namespace, environment: Environment) -> None:
    """Take a backup; the run is recorded where a database is named."""
    record = recorded(Server.at(environment.url()), metrics.CONFIG) if environment.has(URL) else nullcontext(Run())
    with record as run:
        cluster, store = Cluster.here(options.context), Store.of(environment)
        taken = back_up(cluster, store, options.namespace or _NAMESPACES, environment.recipients())
        run.size, run.verified, run.detail = taken.stored_bytes, True, {"id": taken.id}
    for namespace in taken.absent:
        say(f"namespace {namespace} is not there")
    say(f"published {_line(taken)}")


def restore_config(options: argparse.Namespace, environment: Environment) -> None:
    """Put objects back."""
    keys, store = identities(options.key), Store.of(environment)
    manifest = manifests.find(store, Choice(date=options.date, id=options.id))
    cluster = Cluster.here(options.context)
    selection = Selection(namespaces=options.namespace, kinds=options.kind, owned=options.owned)
    if not options.json:
        say(f"{manifest.id} into {cluster.address}" + (", as a dry run" if options.dry_run else ""))
    quiet = options.json
    steps = restore(
        cluster,
        objects(store, manifest, keys),
        selection,
        lambda step: None if quiet else _say(step),
        dry_run=options.dry_run,
    )
    if options.json:
        say(json.dumps([{"act": step.act, "object": step.what, "lines": list(step.lines)} for step in steps]))
    else:
        counts = {act: sum(step.act == act for step in steps) for act in ("create", "change", "same", "leave", "fail")}
        say(", ".join(f"{count} to {act}" if act != "same" else f"{count} the same" for act, count in counts.items()))
    _judge(steps, dry_run=options.dry_run)


def _say(step: Step) -> None:
    if step.act != "same":
        say("\n".join([f"{step.act:<7} {step.what}", *(f"        {line}" for line in step.lines)]))


def _judge(steps: Sequence[Step], *, dry_run: bool) -> None:
    failed = [step for step in steps if step.act == "fail"]
    left = [step for step in steps if step.act == "leave"]
    if not steps:
        raise OperationError("no object of the backup is selected", "Mend --namespace and --kind, or leave them out.")
    if failed:
        raise OperationError(
            f"{len(failed)} objects can't be put back, first {failed[0].what}: {failed[0].lines[0]}",
            "Mend that (a missing kind needs its controller) and run it again; what is back already stays the same.",
        )
    if left and not dry_run:
        raise OperationError(
            f"{len(left)} objects were left to their owners, first {left[0].what}",
            "Bring their stack up (`pulumi up`), or add --owned to put them back as they are in the backup.",
        )


def list_config(options: argparse.Namespace, environment: Environment) -> None:
    """Say which backups of the configuration there are."""
    there = manifests.all_of(Store.of(environment))
    if options.json:
        say(json.dumps([one.model_dump(mode="json", exclude={"file"}) for one in there]))
        return
    for one in there:
        say(f"{_line(one)}, for {', '.join(one.recipients)}")


def _line(one: manifests.ConfigManifest) -> str:
    counted = ", ".join(f"{count} {kind}" for kind, count in one.counts.items())
    return f"{one.id} ({one.stored_bytes} bytes: {counted})"
