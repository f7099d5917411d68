"""Work shared among processes: nothing of it may be lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest

from policies.pack.sources.cores import Cores
from policies.pack.sources.located import InputError

_OWN = os.getpid()


def _squares(numbers: Sequence[int]) -> list[int]:
    return [number * number for number in numbers]


def _ended(numbers: Sequence[int]) -> int:
    if os.getpid() != _OWN:
        os.kill(os.getpid(), signal.SIGKILL)
    return len(numbers)


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.mark.parametrize("count", [0, 1, 99, 101, 250, 1000])
def test_each_item_is_worked_on_once_and_in_order(count: int) -> None:
    with Cores.of(count) as cores:
        done = [square for part in cores.shared(_squares, range(count)) for square in part]
    assert done == [number * number for number in range(count)]


def test_a_process_that_is_ended_is_an_error_and_no_part_is_left_out() -> None:
    with Cores.of(1000) as cores, pytest.raises(InputError, match="a process of the check was ended"):
        cores.shared(_ended, range(1000))
