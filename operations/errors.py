"""The one error that an operation ends with when something outside of it is wrong."""


class OperationError(Exception):
    """What happened, and what to do about it: two lines on standard error, exit code 1, no traceback.

    Attributes:
        what: names the object and what is wrong with it.
        how: what to do now, as an instruction.
    """

    def __init__(self, what: str, how: str) -> None:
        super().__init__(f"{what}\n  {how}")
        self.what = what
        self.how = how
