"""What changes between two sets of properties, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rehearsal.engine.wire import Properties, Secret, Value
from rehearsal.errors import RehearsalError

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field that differs; `replaces` when it can't be changed in place."""

    path: Path
    kind: Literal["add", "delete", "update"]
    old: Value = None
    new: Value = None
    replaces: bool = False

    @property
    def label(self) -> str:
        """The path as people write it: `spec.rules[0].host`."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path).lstrip(".")


def _plain(value: Value) -> Value:
    return value.value if isinstance(value, Secret) else value


def differences(old: Value, new: Value, path: Path = ()) -> Iterator[FieldChange]:
    """The fields in which `new` differs from `old`. A secret equals its plain value, but stays a secret when shown."""
    before, after = _plain(old), _plain(new)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _in_mappings(before, after, path, secret=isinstance(old, Secret) or isinstance(new, Secret))
    elif _is_list(before) and _is_list(after):
        yield from _in_lists(before, after, path, secret=isinstance(old, Secret) or isinstance(new, Secret))
    elif before != after or type(before) is not type(after):
        yield FieldChange(path=path, kind="update", old=old, new=new)


def _is_list(value: Value) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _hide(value: Value, *, secret: bool) -> Value:
    return Secret(value) if secret and not isinstance(value, Secret) else value


def _in_mappings(
    old: Mapping[str, Value], new: Mapping[str, Value], path: Path, *, secret: bool
) -> Iterator[FieldChange]:
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = _hide(old.get(key), secret=secret), _hide(new.get(key), secret=secret)
        where = (*path, key)
        # An absent field and a null one are the same to every provider we have.
        if _plain(before) is None and _plain(after) is None:
            continue
        if _plain(before) is None:
            yield FieldChange(path=where, kind="add", new=after)
        elif _plain(after) is None:
            yield FieldChange(path=where, kind="delete", old=before)
        else:
            yield from differences(before, after, where)


def _in_lists(old: Value, new: Value, path: Path, *, secret: bool) -> Iterator[FieldChange]:
    before, after = _items(old), _items(new)
    for index in range(max(len(before), len(after))):
        where = (*path, index)
        if index >= len(before):
            yield FieldChange(path=where, kind="add", new=_hide(after[index], secret=secret))
        elif index >= len(after):
            yield FieldChange(path=where, kind="delete", old=_hide(before[index], secret=secret))
        else:
            yield from differences(_hide(before[index], secret=secret), _hide(after[index], secret=secret), where)


def _items(value: Value) -> Sequence[Value]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


_PART = re.compile(r'\[(?:"(?P<quoted>[^"]*)"|(?P<bracketed>\*|\d+))\]|\.?(?P<plain>[^.\[\]]+)')


def parse_path(selector: str) -> Path:
    """A property selector (`spec.template["a.b"][0]`, `[*]` and `*` for any) as a path.

    Raises:
        RehearsalError: it isn't one.
    """
    if not selector:
        raise RehearsalError("an empty text is not a property path", 'Write it as Pulumi does: a.b, a["b.c"], a[0].')
    parts: list[str | int] = []
    position = 0
    while position < len(selector):
        match = _PART.match(selector, position)
        if match is None:
            raise RehearsalError(
                f'"{selector}" is not a property path (at character {position + 1})',
                'Write it as Pulumi does: a.b, a["b.c"], a[0], a[*].',
            )
        part = match["quoted"] if match["quoted"] is not None else match["bracketed"] or match["plain"]
        parts.append(int(part) if match["bracketed"] and part.isdigit() else part)
        position = match.end()
    return tuple(parts)


def covers(selector: Path, path: Path) -> bool:
    """Whether a change at `path` lies at or below `selector`."""
    return len(selector) <= len(path) and all(
        part in ("*", at) for part, at in zip(selector, path[: len(selector)], strict=True)
    )


def keep_ignored(old: Properties, new: Properties, selectors: Sequence[str]) -> Properties:
    """`new`, with what stands at the ignored `selectors` taken from `old` (absent there: left out)."""
    result: Value = new
    for selector in selectors:
        result = _keep(old, result, parse_path(selector))
    return dict(result) if isinstance(result, Mapping) else new


def _keep(old: Value, new: Value, path: Path) -> Value:
    head, rest = path[0], path[1:]
    before, after = _plain(old), _plain(new)
    hidden = isinstance(old, Secret) or isinstance(new, Secret)
    if isinstance(after, Mapping) and isinstance(before, Mapping):
        result = dict(after)
        for key in {*before, *after} if head == "*" else {str(head)}:
            if rest and key in before and key in after:
                result[key] = _keep(before[key], after[key], rest)
            elif not rest and key in before:
                result[key] = before[key]
            elif not rest:
                result.pop(key, None)
        return _hide(result, secret=hidden)
    if _is_list(before) and _is_list(after):
        old_items, items = _items(before), list(_items(after))
        for index in range(len(items)) if head == "*" else [head]:
            if isinstance(index, int) and index < min(len(items), len(old_items)):
                items[index] = _keep(old_items[index], items[index], rest) if rest else old_items[index]
        return _hide(items, secret=hidden)
    return new
