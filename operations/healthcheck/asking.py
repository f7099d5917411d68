"""Runs a check with an end in sight: whatever the other side does, an answer comes in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from operations.errors import OperationError
from operations.healthcheck.kubectl import CannotTellError
from operations.healthcheck.verdict import Finding, Verdict


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question.

    Attributes:
        component: what it belongs to.
        subject: whom it asks.
        ask: asks, given the seconds it may take. It raises OperationError where the other side is not well, and
            CannotTellError where it could not be asked.
        how: what to do when no answer comes.
    """

    component: str
    subject: str
    ask: Callable[[float], Sequence[Finding]]
    how: str


@dataclass
class _Answer:
    findings: list[Finding] = field(default_factory=list[Finding])


def run(checks: Sequence[Check], seconds: float) -> list[Finding]:
    """Ask all at once.

    Each in a thread that nobody waits for once its time is over: a socket's own time-outs begin anew with every byte,
    so a server that drips one a second would hold them up for ever.

    Args:
        checks: the questions.
        seconds: for all of them, since they run side by side.
    """
    asked = [(check, _Answer()) for check in checks]
    threads = [
        threading.Thread(target=_ask, args=(check, answer, seconds), daemon=True, name=check.subject)
        for check, answer in asked
    ]
    for thread in threads:
        thread.start()
    end = _clock() + seconds
    for thread in threads:
        thread.join(max(end - _clock(), 0))
    return [
        finding
        for (check, answer), thread in zip(asked, threads, strict=True)
        for finding in (answer.findings if not thread.is_alive() else [_late(check, seconds)])
    ]


def _clock() -> float:
    return time.monotonic()


def _ask(check: Check, answer: _Answer, seconds: float) -> None:
    try:
        answer.findings.extend(check.ask(seconds))
    except OperationError as error:
        answer.findings.append(_finding(check, Verdict.UNHEALTHY, error.what, error.how))
    except CannotTellError as error:
        answer.findings.append(_finding(check, Verdict.UNKNOWN, error.what, error.how))
    except Exception as error:  # noqa: BLE001 - a mistake in one check must not look like health, nor hide the others
        what = f"the check itself failed: {type(error).__name__}: {error}"
        answer.findings.append(_finding(check, Verdict.UNKNOWN, what, "Report it, with this line."))


def _late(check: Check, seconds: float) -> Finding:
    return _finding(check, Verdict.UNHEALTHY, f"no answer within {seconds:.3g} s", check.how)


def _finding(check: Check, verdict: Verdict, what: str, how: str) -> Finding:
    return Finding(component=check.component, subject=check.subject, verdict=verdict, what=what, how=how)
