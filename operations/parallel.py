"""Several things at a time, all of which have to succeed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class StoppedError(Exception):
    """Another of the things failed, so this one needn't go on."""


class Stop:
    """What tells the others that one has failed."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """From now on `check` raises."""
        self._event.set()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            StoppedError: one has failed.
        """
        if self._event.is_set():
            raise StoppedError


def each(work: Callable[[Item, Stop], Result], items: Iterable[Item], workers: int) -> Sequence[Result]:
    """Do the same with each item.

    Args:
        work: gets an item, and what to ask now and then whether it is still wanted.
        items: begun in this order.
        workers: how many at a time.

    Returns:
        The results, in the order of the items.

    Raises:
        Exception: the first that one of them raised, once all others have stopped.
    """
    stop = Stop()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = [pool.submit(work, item, stop) for item in items]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:  # a signal: let go at once, then say so
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
        failed = [future for future in done if future.exception() is not None]
        if failed:
            stop.set()
            pool.shutdown(cancel_futures=True)
            for future in failed:
                future.result()
        return [future.result() for future in futures]
