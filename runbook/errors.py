"""The one error a user sees."""


class RunbookError(Exception):
    """A mistake or a missing part that the user can mend, said in two lines.

    Args:
        what: what is wrong, with the key or object by name. Never a secret's value.
        mend: how to mend it, as a command where there is one.
    """

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}\n{mend}")
        self.what = what
        self.mend = mend
