"""The one error a user sees."""

from __future__ import annotations

import errno
import os
import shutil


class RehearsalError(Exception):
    """A mistake or a missing part that the user can mend, said in two lines.

    Args:
        what: what is wrong, with the key or object by name.
        mend: how to mend it, as a command where there is one.
    """

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}\n{mend}")
        self.what = what
        self.mend = mend


def full_disk(error: OSError) -> RehearsalError | None:
    """What a user reads when a write failed because the disk is full; None if it failed for another reason.

    It may happen in any write, so it is told apart where every error ends up. Nothing is lost by it: each file of the
    rehearsal's is written whole and then put in its place.
    """
    # shutil collects the errors of a tree's files in one, which has no number of its own.
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not full and not (isinstance(error, shutil.Error) and os.strerror(errno.ENOSPC) in str(error)):
        return None
    where = error.filename or os.environ.get("REHEARSAL_HOME") or ".rehearsal"
    return RehearsalError(
        f"the disk is full: {where} can't be written",
        "Free some, or set REHEARSAL_HOME to a folder on a larger disk, and run the same command again.",
    )
