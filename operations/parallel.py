"""Several things at a time, all of which have to succeed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Step: TypeAlias = "Callable[[Stop], Iterable[Step]]"
"""Something to do, told whom to ask now and then whether it is still wanted; it gives what can be done after it."""


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


def run(steps: Iterable[Step], workers: int) -> None:
    """Take steps, and those that they lead to, until there are none left.

    Args:
        steps: begun in this order, but what a step leads to comes before those that haven't begun by then.
        workers: how many at a time.

    Raises:
        Exception: the first that one of them raised, once all others have stopped.
    """
    stop, ready = Stop(), deque(steps)
    running: set[Future[Iterable[Step]]] = set()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while ready or running:
                while ready and len(running) < workers:
                    running.add(pool.submit(ready.popleft(), stop))
                done, running = wait(running, return_when=FIRST_COMPLETED)
                ready.extendleft(step for future in done for step in reversed([*future.result()]))
        except BaseException:  # a signal too: let go at once, then say so
            stop.set()
            raise


@contextmanager
def beside(work: Callable[[Stop], Result]) -> Generator[Future[Result]]:
    """Do something while the body does something else; both have ended afterwards.

    Args:
        work: told whom to ask whether it is still wanted: not if the body failed.

    Returns:
        What has its result, once the body has ended.

    Raises:
        Exception: the body's, else the other's.
    """
    stop = Stop()
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work, stop)
        try:
            yield future
        except BaseException:
            stop.set()
            raise
        future.result()


def each(
    work: Callable[[Item, Stop], Result], items: Iterable[Item], workers: int, also: Iterable[Step] = ()
) -> Sequence[Result]:
    """Do the same with each item, as `run` does.

    Args:
        work: what, told whom to ask now and then whether it is still wanted.
        items: begun in this order.
        workers: how many at a time.
        also: what is begun before them.

    Returns:
        The results, in the order of the items.
    """
    results: dict[int, Result] = {}

    def step(number: int, item: Item) -> Step:
        def take(stop: Stop) -> Iterable[Step]:
            results[number] = work(item, stop)
            return ()

        return take

    run((*also, *(step(number, item) for number, item in enumerate(items))), workers)
    return [results[number] for number in sorted(results)]
