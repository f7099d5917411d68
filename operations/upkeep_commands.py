"""What `maintain` and `db status` do."""

from __future__ import annotations

import argparse
import json

from operations import metrics, redis_latency, status
from operations.environment import Environment
from operations.maintain import Patience
from operations.maintain import maintain as do_maintain
from operations.postgres import Server
from operations.records import recorded
from operations.saying import say

REDIS = "REDIS_URL"


def maintain(_options: argparse.Namespace, environment: Environment) -> None:
    """Statistics, dead rows, the index."""
    server = Server.at(environment.url())
    with recorded(server, metrics.MAINTAIN):
        do_maintain(server, Patience(), say)


def db_status(options: argparse.Namespace, environment: Environment) -> None:
    """How the database and the cache are."""
    sections = [*status.ask(Server.at(environment.url()), options.explain), _redis(environment)]
    if options.json:
        say(json.dumps([status.as_json(section) for section in sections]))
        return
    say("\n\n".join(status.as_table(section) for section in sections))


def _redis(environment: Environment) -> status.Section:
    title = "Redis, milliseconds from PING to PONG"
    url = environment.variables.get(REDIS)
    if not url:
        return status.Section(title=title, note=f"{REDIS} is not set")
    latency = redis_latency.measure(url)
    row = [round(number, 3) for number in (latency.minimum, latency.average, latency.maximum)]
    return status.Section(title=title, columns=["minimum", "average", "maximum"], rows=[row])
