"""One user's requests, one after the other: `python -m tests.traffic.ask HOST AUTHORITY SCHEME PATH…`.

Writes a JSON list with an object for each: status, headers (names in lower case), body.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.traffic.client import Client


def main() -> None:
    """Ask and write."""
    host, authority, scheme, *paths = sys.argv[1:]
    client = Client(host, Path(authority), scheme=scheme)
    sys.stdout.write(json.dumps([asdict(client.get(path)) for path in paths]))


if __name__ == "__main__":
    main()
