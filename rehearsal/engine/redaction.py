"""Keeping secrets out of what others write: a server's refusal or a program's message may quote one."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rehearsal.engine.wire import Secret, Unknown, Value

MARK: Final = "[secret]"
_SHORTEST: Final = 4
"""Shorter secrets would blot out ordinary words; Pulumi's own filter draws the same kind of line."""
_WORDS: Final = frozenset({"true", "false", "null", "none"})


@dataclass(frozen=True)
class Redactor:
    """Knows a run's secrets and takes them out of texts, in the clear and in base64.

    Args:
        names: what is no secret even where a Secret holds it, such as the project's name: it stands in the name of
            every setting, and a message without it could not be acted on.
    """

    names: frozenset[str] = frozenset()
    _known: set[str] = field(default_factory=set[str], repr=False)

    def learn(self, value: Value, *, secret: bool = False) -> None:
        """Note every secret in `value`; all of it if `secret`."""
        match value:
            case str():
                if secret:
                    self._note(value)
            case dict() | Mapping():
                for item in value.values():
                    self.learn(item, secret=secret)
            case Secret():
                self.learn(value.value, secret=True)
            case None | bool() | int() | float() | Unknown():
                pass  # too short to tell from any other number
            case _:
                for item in value:
                    self.learn(item, secret=secret)

    def _note(self, text: str) -> None:
        encoded = base64.b64encode(text.encode()).decode()
        for form in map(str.strip, (text, encoded, *text.splitlines())):
            if len(form) >= _SHORTEST and form.lower() not in _WORDS and form not in self.names:
                self._known.add(form)

    def clean(self, text: str) -> str:
        """`text` without any secret learnt so far."""
        if not text:  # as most steps end: with nothing to say
            return text
        for secret in sorted(self._known.copy(), key=len, reverse=True):
            text = text.replace(secret, MARK)
        return text
