"""Work that is shared among the machine's cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from typing import Final, TypeVar

from .located import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")

_WORTH: Final = 100
"""Items that a process of their own is worth its start for."""
_SHARE: Final = 50
"""Items that are handed out at once: so few that none waits long for the last."""


@dataclass(frozen=True)
class Cores:
    """This process and, where the work is worth it, more of them."""

    _pool: ProcessPoolExecutor | None

    @classmethod
    @contextmanager
    def of(cls, items: int) -> Generator[Cores]:
        """As many as `items` are worth; forks, since one that had to import the rules anew never would be."""
        more = min(os.cpu_count() or 1, items // _WORTH) - 1
        if more < 1 or "fork" not in get_all_start_methods():
            yield cls(None)
            return
        with ProcessPoolExecutor(more, mp_context=get_context("fork")) as pool:
            yield cls(pool)

    def shared(self, work: Callable[[Sequence[Item]], Result], items: Sequence[Item]) -> list[Result]:
        """What `work` makes of the items, a part of them at a time; in their order, as is the first error.

        This process takes parts from the end while the others take them from the beginning.

        Raises:
            InputError: `work` did, or a process was ended.
        """
        if not self._pool or len(items) <= _WORTH:
            return [work(items)]
        shares = [items[start : start + _SHARE] for start in range(0, len(items), _SHARE)]
        parts = [self._pool.submit(work, share) for share in shares]
        for place in reversed(range(len(parts))):
            if parts[place].cancel():
                parts[place] = _done(work, shares[place])
        try:
            return [part.result() for part in parts]
        except BrokenProcessPool:
            raise InputError("a process of the check was ended", "Give it more memory, or fewer files.") from None


def _done(work: Callable[[Sequence[Item]], Result], share: Sequence[Item]) -> Future[Result]:
    done: Future[Result] = Future()
    try:
        done.set_result(work(share))
    except Exception as error:  # noqa: BLE001 raised in its turn
        done.set_exception(error)
    return done
