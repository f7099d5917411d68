"""The one error a user sees."""

from __future__ import annotations


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
