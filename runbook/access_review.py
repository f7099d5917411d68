"""`python -m runbook access-review`: the guide's `kubectl auth can-i --list`, for every account and against a table."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from runbook import cluster
from runbook.access import table
from runbook.access.asking import ANY_SERVICE_ACCOUNT, EVERYBODY, GROUP, SERVICE_ACCOUNT, USER, Cluster
from runbook.commands import Commands, command
from runbook.errors import RunbookError

OTHERWISE: Final = 2
"""Exit code where an account may do more or less than the table says."""
_INCOMPLETE: Final = (
    "note: one of this cluster's authorizers can't list what it allows (a cloud's own, usually); that part isn't here"
)


def add(commands: Commands) -> None:
    """Declare the command."""
    review = command(
        commands,
        "access-review",
        f"compare what each account may do with the reviewed table; exit code {OTHERWISE} if it isn't the same",
        example="python -m runbook access-review --stack production --json",
    )
    review.add_argument(
        "--account", metavar="WHO", help="list what one may do: 'group stratmaster:ci', 'user alice', …"
    )
    review.add_argument("--write", action="store_true", help="make the table anew, to be reviewed")
    review.add_argument(
        "--table", type=Path, default=table.TABLE, metavar="FILE", help="what was reviewed (default: the committed one)"
    )
    cluster.arguments(review, stack="production")
    review.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if options.account and not options.account.startswith((GROUP, USER, SERVICE_ACCOUNT)):
        raise RunbookError(
            f"{options.account} is no account.",
            "Write 'group NAME', 'user NAME' or 'service account NAMESPACE/NAME'; everybody's part is in the table.",
        )
    asked = Cluster(cluster.context_of(options))
    namespaces = asked.namespaces()
    if asked.developers:
        print(f"left out, as developers' own: {', '.join(asked.developers)}", file=sys.stderr)
    if options.account:
        return _list(options, asked, namespaces)
    expected: table.Review = {} if options.write else table.load(options.table)
    there = {place: powers for place, powers in expected.items() if place[1] in namespaces}
    # Who is in the table is asked about even if nothing binds them in a namespace: they may have it from elsewhere.
    named = {who for who, _ in there} - {EVERYBODY, ANY_SERVICE_ACCOUNT}
    accounts = sorted(named.union(asked.accounts(namespaces)))
    print(f"asking about {len(accounts)} accounts in {len(namespaces)} namespaces…", file=sys.stderr)
    found = asked.review(accounts, namespaces)
    if asked.incomplete:
        print(_INCOMPLETE, file=sys.stderr)
    if options.write:
        table.save(found, options.table)
        print(f"{options.table} was written: review the difference, and commit it.")
        return 0
    return _compare(options, there, found, asked)


def _list(options: argparse.Namespace, asked: Cluster, namespaces: list[str]) -> int:
    found = asked.review([options.account], namespaces)
    may = {where: _readable(powers) for (who, where), powers in found.items() if who == options.account}
    print(json.dumps(may, indent=2) if options.json else "\n".join(_lines(may)))
    return 0


def _lines(may: dict[str, dict[str, str]]) -> list[str]:
    return [
        line
        for where, powers in may.items()
        for line in (f"{where}:", *(f"  {what}: {verbs}" for what, verbs in powers.items() or [("nothing", "-")]))
    ]


def _readable(powers: table.Powers) -> dict[str, str]:
    return {what: " ".join(sorted(verbs)) for what, verbs in sorted(powers.items())}


def _compare(options: argparse.Namespace, expected: table.Review, found: table.Review, asked: Cluster) -> int:
    different = list(table.differences(expected, found))
    if options.json:
        answer = {"differences": [asdict(each) for each in different], "incomplete": asked.incomplete}
        print(json.dumps(answer, indent=2))
    else:
        print("\n".join(map(str, different)) or "Every account may do what the table says, and nothing else.")
    if different and not options.json:
        print(
            f"\n{len(different)} differences. Take away what nobody should have; what is right goes into the table\n"
            f"with {table.REGENERATE}"
        )
    return OTHERWISE if different else 0
