"""A verdict and the place in a file that a reviewer is shown."""

from __future__ import annotations

from dataclasses import dataclass

from ..judge import Verdict


class InputError(Exception):
    """What is to be judged can't be read. Two lines: what is wrong, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what, mend)  # both, or it couldn't come from another process
        self.what = what
        self.mend = mend


@dataclass(frozen=True, kw_only=True)
class Located:
    """One verdict of a check.

    Args:
        verdict: what is wrong.
        file: the file to look at, relative to the project where it is inside; empty where there is none.
        line: the line in it, from 1.
    """

    verdict: Verdict
    file: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What came of one stack, or of some manifests."""

    name: str
    resources: int
    located: tuple[Located, ...]

    @property
    def blocked(self) -> bool:
        """Whether anything mandatory is broken."""
        return any(each.verdict.rule.enforcement == "mandatory" for each in self.located)
