"""`python -m rehearsal.control_plane start|stop|wipe|status`, the plane alone, for those who work on it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rehearsal.control_plane import ControlPlane
from rehearsal.errors import RehearsalError


def main(arguments: list[str]) -> int:
    """Run one command on the plane of $REHEARSAL_HOME (default `.rehearsal` here); 2 for one that isn't there."""
    plane = ControlPlane(Path(os.environ.get("REHEARSAL_HOME", ".rehearsal")))
    commands = {
        "start": lambda: plane.start(print),
        "stop": plane.stop,
        "wipe": lambda: plane.stop(wipe=True),
        "status": lambda: print(plane.status()),
    }
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"usage: python -m rehearsal.control_plane {'|'.join(commands)}", file=sys.stderr)
        return 2
    try:
        commands[arguments[0]]()
    except RehearsalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
