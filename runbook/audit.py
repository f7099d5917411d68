"""`python -m runbook audit`: the guide's POST, PUT and DELETE, from the API server's audit log.

The guide greps the application's log, which knows nothing of who changed the cluster. What is read here is written by
the policy `rehearsal/control_plane/audit-policy.yaml` (docs/access.md), or by a cloud's own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, TextIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from runbook.commands import Commands, command, table
from runbook.errors import RunbookError

LAST: Final = 20
"""The guide's `tail -20`."""
_HEADINGS: Final = ("WHEN", "WHO", "DID", "WHAT", "ANSWER")


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class _User(_Part):
    username: str


class _Object(_Part):
    resource: str = ""
    subresource: str = ""
    api_group: str = ""
    namespace: str = ""
    name: str = ""


class _Status(_Part):
    code: int = 0


class Event(_Part):
    """One request, once it was answered."""

    request_received_timestamp: datetime
    verb: str
    user: _User
    impersonated_user: _User | None = None
    object_ref: Annotated[_Object, Field(default_factory=_Object)]
    response_status: Annotated[_Status, Field(default_factory=_Status)]

    @property
    def who(self) -> str:
        """Who asked, and in whose name."""
        return (
            f"{self.user.username} as {self.impersonated_user.username}"
            if self.impersonated_user
            else self.user.username
        )

    @property
    def what(self) -> str:
        """The object, as kubectl names it: `stratmaster-blue/deployments.apps/stratmaster-api`."""
        ref = self.object_ref
        kind = f"{ref.resource}.{ref.api_group}" if ref.api_group else ref.resource
        return "/".join(part for part in (ref.namespace, kind, ref.name, ref.subresource) if part)

    def row(self) -> tuple[str, ...]:
        """What a person reads."""
        when = self.request_received_timestamp.strftime("%Y-%m-%d %H:%M:%S UTC")
        return (when, self.who, self.verb, self.what, str(self.response_status.code))


def add(commands: Commands) -> None:
    """Declare the command."""
    audit = command(
        commands,
        "audit",
        "who changed what, and who read a secret, from an audit log",
        example="python -m runbook audit .rehearsal/logs/audit.log --namespace stratmaster-blue --verb delete",
    )
    audit.add_argument("log", metavar="FILE", help="the API server's audit log, JSON lines; - for standard input")
    audit.add_argument(
        "--last", type=int, default=LAST, metavar="N", help="events, the newest last (default: %(default)s)"
    )
    audit.add_argument("--namespace", "-n", help="only what is in this namespace")
    audit.add_argument("--who", help="only by users whose name holds this")
    audit.add_argument(
        "--verb", action="append", default=[], help="only this (create, delete, get, …); may be repeated"
    )
    audit.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    unreadable: list[str] = []
    try:
        with _opened(options.log) as log:
            events = deque((each for each in _events(log, unreadable) if _wanted(options, each)), maxlen=options.last)
    except (OSError, UnicodeDecodeError) as error:
        raise RunbookError(
            f"{options.log} can't be read ({type(error).__name__}).",
            "Name the API server's audit log, or - for a pipe.",
        ) from None
    if unreadable and not events:
        raise RunbookError(
            f"{options.log} holds no audit events that fit, and {len(unreadable)} lines that are none.",
            "An audit log has one JSON object of kind Event a line; from CloudWatch, take the field @message.",
        )
    if unreadable:
        print(f"note: {len(unreadable)} lines are no audit events and were passed over", file=sys.stderr)
    if options.json:
        print(json.dumps([each.model_dump(mode="json", by_alias=True) for each in events], indent=2))
    else:
        print("\n".join(table(_HEADINGS, [each.row() for each in events])))
    return 0


def _opened(name: str) -> TextIO:
    return sys.stdin if name == "-" else Path(name).open(encoding="utf-8")


def _events(lines: Iterable[str], unreadable: list[str]) -> Iterator[Event]:
    for line in lines:
        try:
            yield Event.model_validate_json(line)
        except ValidationError:
            if line.strip():
                unreadable.append(line)


def _wanted(options: argparse.Namespace, event: Event) -> bool:
    return (
        (not options.namespace or event.object_ref.namespace == options.namespace)
        and (not options.who or options.who in event.who)
        and (not options.verb or event.verb in options.verb)
    )
