"""`secrets/<stack>.sealed.yaml`, changed in the places of single values: all else stays byte for byte."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import yaml

from runbook.errors import RunbookError
from runbook.sealing.box import Scope
from runbook.sealing.choosing import Place

_NEW: Final = """\
# The sealed secrets of stack {stack}. Only the controller whose certificate they were sealed for opens them:
# python -m runbook seal {stack} --help
secrets:
"""
_STEP: Final = 2


@dataclass(frozen=True, kw_only=True)
class _Secret:
    """Where one secret's values stand in the text."""

    column: int
    end: int
    values: Mapping[str, yaml.ScalarNode]


class SealedFile:
    """One stack's file."""

    def __init__(self, path: Path, stack: str) -> None:
        """Read the file, or begin one where there is none.

        Raises:
            RunbookError: it isn't the YAML that the program reads.
        """
        self.path = path.resolve()  # a link is followed, not replaced
        self.shown = f"secrets/{path.name}"
        self._before = self.path.read_bytes() if self.path.exists() else None
        self.text = _NEW.format(stack=stack) if self._before is None else self._before.decode(errors="replace")
        self._secrets, self._column, self._end = self._found()

    def values(self) -> dict[Place, str]:
        """The sealed values."""
        return {(name, key): node.value for name, each in self._secrets.items() for key, node in each.values.items()}

    def scope(self, secret: str) -> Scope:
        """The scope of a secret's values, as the program declares it."""
        return self._scopes().get(secret, Scope.STRICT)

    def rescope(self, secret: str, scope: Scope) -> None:
        """Note a scope: the controller has to be told it, since it is part of what a value was sealed under."""
        scopes = {**self._scopes(), secret: scope}
        lines = [f"  {name}: {each}\n" for name, each in scopes.items() if each != Scope.STRICT]
        block = "".join(["scopes:\n", *lines]) if lines else ""
        for key, node in _pairs(yaml.compose(self.text, Loader=yaml.CSafeLoader)):
            if key.value == "scopes":
                self.text = self.text[: key.start_mark.index] + self.text[self._line_end(node) :]
        self.text = self.text if self.text.endswith("\n") else f"{self.text}\n"
        self.text += block
        self._secrets, self._column, self._end = self._found()

    def _scopes(self) -> dict[str, Scope]:
        found = (
            cast("dict[str, dict[str, str] | None]", yaml.load(self.text, Loader=yaml.CSafeLoader)).get("scopes") or {}
        )
        try:
            return {name: Scope(each) for name, each in found.items()}
        except (ValueError, AttributeError):
            raise self._not_ours(f"has scopes that are none of {', '.join(Scope)}") from None

    def change(self, values: Mapping[Place, str]) -> None:
        """Put ciphertexts in, in place of those that are there; new ones come after the last of their secret."""
        edits: list[tuple[int, int, str]] = []
        for name in dict.fromkeys(secret for secret, _ in values):
            fresh = {key: text for (secret, key), text in values.items() if secret == name}
            there = self._secrets.get(name)
            added = [(key, text) for key, text in fresh.items() if there is None or key not in there.values]
            for key, text in fresh.items():
                if there is not None and (node := there.values.get(key)):
                    start, end = node.start_mark.index, node.end_mark.index
                    tail = "\n" if self.text[start:end].endswith("\n") else ""  # a block's last line break is its own
                    lead = "" if self.text[start - 1].isspace() else " "
                    edits.append((start, end, lead + text + tail))
            column = self._column + _STEP if there is None else there.column
            lines = [f"{' ' * column}{key}: {text}\n" for key, text in added]
            if there is None:
                lines.insert(0, f"{' ' * self._column}{name}:\n")
            end = self._end if there is None else there.end
            if added:
                edits.append((end, end, ("" if self.text[:end].endswith("\n") else "\n") + "".join(lines)))
        # From the end, so that what was found before stays where it was found.
        for start, end, text in sorted(edits, key=lambda each: each[0], reverse=True):
            self.text = self.text[:start] + text + self.text[end:]
        expected = {**self.values(), **values}
        self._secrets, self._column, self._end = self._found()
        if self.values() != expected:
            raise self._not_ours("can't be changed by line")

    def write(self) -> None:
        """Put the file in place, whole or not at all.

        Raises:
            RunbookError: somebody else has changed it since it was read, or the folder can't be written.
        """
        now = self.path.read_bytes() if self.path.exists() else None
        if now != self._before:
            raise RunbookError(f"{self.shown} was changed meanwhile.", "Nothing was written: run the command again.")
        try:
            self.path.parent.mkdir(exist_ok=True)
            mode = self.path.stat().st_mode & 0o777 if self.path.exists() else 0o644
            descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        except OSError as error:
            raise self._not_written(error) from None
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.text.encode())
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(self.path)
        except OSError as error:
            raise self._not_written(error) from None
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()

    def _found(self) -> tuple[dict[str, _Secret], int, int]:
        """Each secret's values, the column of secrets' names, and where a new secret goes."""
        try:
            root = yaml.compose(self.text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError:
            raise self._not_ours("is not valid YAML") from None
        for key, node in _pairs(root):
            if key.value == "secrets":
                pairs = _pairs(node)
                secrets = {str(name.value): self._secret(each, name.start_mark.column) for name, each in pairs}
                if len(secrets) != len(pairs):
                    raise self._not_ours("names a secret twice")
                column = pairs[0][0].start_mark.column if pairs else _STEP
                return secrets, column, max([self._line_end(key), *(each.end for each in secrets.values())])
        raise self._not_ours("has no mapping `secrets`")

    def _secret(self, node: yaml.Node, column: int) -> _Secret:
        pairs = _pairs(node)
        values = {str(key.value): each for key, each in pairs if isinstance(each, yaml.ScalarNode)}
        if len(values) != len(pairs) or (isinstance(node, yaml.MappingNode) and node.flow_style):
            raise self._not_ours("has a secret that is no mapping of its own lines, or names a key twice")
        end = max((self._line_end(each) for _, each in pairs), default=self._line_end(node))
        return _Secret(column=pairs[0][0].start_mark.column if pairs else column + _STEP, end=end, values=values)

    def _line_end(self, node: yaml.Node) -> int:
        """The start of the line after a node."""
        end = int(node.end_mark.index)
        if self.text[:end].endswith("\n") and end > node.start_mark.index:
            return end
        found = self.text.find("\n", end)
        return len(self.text) if found < 0 else found + 1

    def _not_ours(self, what: str) -> RunbookError:
        return RunbookError(
            f"{self.shown} {what}.", "Write secrets: {<secret>: {<key>: <ciphertext>}}, each key on a line of its own."
        )

    def _not_written(self, error: OSError) -> RunbookError:
        return RunbookError(f"{self.shown} can't be written: {error.strerror}.", "The file is as it was before.")


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    """A mapping's keys and values; nothing for what is none."""
    return cast("list[tuple[yaml.Node, yaml.Node]]", node.value) if isinstance(node, yaml.MappingNode) else []
