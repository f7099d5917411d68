"""How a mistake in the settings is told to the person who made it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake.

    Attributes:
        what: what is wrong, with the full name of the key or file.
        mend: what to write instead.
    """

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}\n{self.mend}"


class SettingsError(pulumi.RunError):
    """All mistakes of one stack at once, so that nobody mends them one update at a time.

    A RunError, because Pulumi prints those as they are and shows a traceback for anything else.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(problems: Iterable[Problem]) -> None:
    """Raise SettingsError if there is any problem."""
    if found := tuple(problems):
        raise SettingsError(found)


def nearest(name: str, valid: Sequence[str]) -> str:
    """A hint at the valid name nearest to a wrong one, or all of them when none is near.

    Letter case doesn't count: `databasepoolsize` is near `databasePoolSize`.
    """
    folded = {candidate.casefold(): candidate for candidate in valid}
    if close := difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6):
        return f"Did you mean {folded[close[0]]}?"
    return f"Valid here: {', '.join(sorted(valid))}."
