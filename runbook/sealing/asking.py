"""Where plain values come from: a pipe, or a person who is asked and doesn't see what they type."""

from __future__ import annotations

import getpass
import sys
import warnings
from typing import TYPE_CHECKING

from runbook.errors import RunbookError
from runbook.sealing.reading import Given, read

if TYPE_CHECKING:
    from components.secret_catalogue import SecretSpec


def given(secret: SecretSpec | None, key: str | None) -> list[Given]:
    """The plain values: one as it comes in, or a document of several; asked for where a person sits.

    Args:
        secret: the one that was named, if one was.
        key: the one key of it.

    Raises:
        RunbookError: what comes in can't be read, or can't be asked for.
    """
    asked = sys.stdin.isatty()
    if secret and key is not None:
        value = _ask(key) if asked else sys.stdin.buffer.read()
        if not asked and value.endswith(b"\n"):
            print("note: the value ends with a line break, which is sealed too (printf %s has none)", file=sys.stderr)
        return [Given(secret=None, key=key, value=value, where="the key")]
    if asked and secret:
        return [
            Given(secret=None, key=each, value=_ask(each), where=f"the answer for {each}") for each in secret.stored
        ]
    if asked:
        print("A document of several secrets, then Ctrl-D; what is typed here is shown.", file=sys.stderr)
    return read(sys.stdin.buffer.read())


def _ask(key: str) -> bytes:
    """Ask for a value without showing it, twice.

    Raises:
        RunbookError: the terminal would show it, or the two differ.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            first, second = (getpass.getpass(f"{key}{again}: ") for again in ("", " (again)"))
        except (getpass.GetPassWarning, EOFError):
            raise RunbookError("The value can't be asked for without showing it.", "Pipe it in.") from None
    if first != second:
        raise RunbookError(f"The two values for {key} differ.", "Nothing was written: run the command again.")
    return first.encode()
