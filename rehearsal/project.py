"""The project as the Pulumi CLI would find it: Pulumi.yaml, the stack files, and what `-c` added to them."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import yaml

from rehearsal.engine.crypter import Crypter
from rehearsal.engine.diff import parse_path
from rehearsal.engine.program import Config
from rehearsal.errors import RehearsalError

ROLES: Final = ("foundation", "slot", "traffic")
"""The order in which stacks come up, by their `role`; down is the other way round."""


class UnknownStackError(RehearsalError):
    """There is no such stack."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """A Pulumi project and the rehearsal's home beside it.

    Args:
        folder: where Pulumi.yaml lies.
        name: what it calls the project.
        home: the rehearsal's own files; `$REHEARSAL_HOME` or `.rehearsal` in the project.
    """

    folder: Path
    name: str
    home: Path

    @classmethod
    def find(cls, folder: Path) -> Project:
        """The project in `folder`.

        Raises:
            RehearsalError: there is none, or its Pulumi.yaml isn't YAML.
        """
        document = _yaml(folder / "Pulumi.yaml", "Run this in the project's folder.")
        home = os.environ.get("REHEARSAL_HOME")
        return cls(
            folder=folder, name=str(document.get("name", "")), home=Path(home) if home else folder / ".rehearsal"
        )

    def stacks(self) -> list[str]:
        """The stacks that have a file, in the order they come up."""
        names = [path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in self.folder.glob("Pulumi.*.yaml")]
        return sorted(names, key=lambda name: (self._rank(name), name))

    def environment(self) -> list[str]:
        """The stacks that make up the environment: all but a developer's own (`environment: development`)."""
        return [name for name in self.stacks() if self._value(name, "environment") != "development"]

    def _rank(self, stack: str) -> int:
        role = self._value(stack, "role")
        return ROLES.index(role) if role in ROLES else len(ROLES)

    def _value(self, stack: str, key: str) -> object:
        try:
            return self.values(stack).get(f"{self.name}:{key}")
        except RehearsalError:
            return None  # a broken file is reported when its stack runs

    def check(self, stack: str) -> None:
        """Raises UnknownStackError unless there is such a stack."""
        known = self.stacks()
        if stack in known:
            return
        near = difflib.get_close_matches(stack, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known) or 'none'}."
        raise UnknownStackError(f'there is no stack "{stack}": Pulumi.{stack}.yaml is not here', hint)

    def file(self, stack: str) -> Path:
        """The stack's committed file."""
        return self.folder / f"Pulumi.{stack}.yaml"

    def copy(self, stack: str) -> Path:
        """The stack's file with what `-c` set in it: the rehearsal's own, so that the committed one never changes."""
        return self.home / "stacks" / f"Pulumi.{stack}.yaml"

    def _settings(self, stack: str) -> Path:
        return self.home / "stacks" / f"{stack}.json"

    def kept(self, stack: str) -> dict[str, object]:
        """What `-c` has set for a stack so far: paths and values."""
        path = self._settings(stack)
        return cast("dict[str, object]", json.loads(path.read_text())) if path.exists() else {}

    def forget(self, stack: str) -> None:
        """Go back to the committed file."""
        self._settings(stack).unlink(missing_ok=True)
        self.copy(stack).unlink(missing_ok=True)

    def keep(self, stack: str, settings: Sequence[str], *, paths: bool) -> None:
        """Set `key=value` pairs in the rehearsal's copy of a stack's file, as `pulumi -c` does in the file itself.

        Args:
            stack: the stack.
            settings: `key=value`; a key without a namespace is the project's.
            paths: whether keys are paths (`weights.blue`), as with `--config-path`.

        Raises:
            RehearsalError: one isn't of that form.
        """
        kept = self.kept(stack)
        for setting in settings:
            key, equals, value = setting.partition("=")
            if not equals or not key:
                raise RehearsalError(f"-c {setting}: it needs the form key=value", "For instance: -c shutdown=true")
            full = key if ":" in key else f"{self.name}:{key}"
            kept[full if not paths else f"path {full}"] = value
        _document(self.values(stack), kept)  # so that nothing is kept that can't be set
        path = self._settings(stack)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file, indent=1)

    def values(self, stack: str) -> dict[str, object]:
        """The `config` of the committed file.

        Raises:
            RehearsalError: it isn't there, or isn't YAML of that form.
        """
        file = self.file(stack)
        document = _yaml(file, "Make it, or mend the stack's name.")
        values: object = document.get("config") or {}
        if not isinstance(values, dict):
            raise RehearsalError(f"{file.name}: config is not a mapping", "Write it as `config:` with indented keys.")
        return cast("dict[str, object]", values)

    def config(self, stack: str, over: Mapping[str, object] | None = None) -> Config:
        """The configuration a stack runs with: the committed file's, what `-c` set over it, and `over` both."""
        document = _document(self.values(stack), {**self.kept(stack), **(over or {})})
        secret: list[tuple[str, str]] = []
        opened = {key: self._open(stack, value, key, secret) for key, value in document.items()}
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in opened.items()}
        return Config(
            values=texts,
            secret_keys=frozenset(key for key, _ in secret),
            secrets=frozenset(text for _, text in secret),
        )

    def write_copy(self, stack: str, over: Mapping[str, object] | None = None) -> Path:
        """Write the stack's file as it stands with `-c` and `over` for the Pulumi CLI, and return its path."""
        document = _yaml(self.file(stack), "Make it, or mend the stack's name.")
        document["config"] = _document(self.values(stack), {**self.kept(stack), **(over or {})})
        path = self.copy(stack)
        if path.exists():  # the CLI keeps the salt of the stack's secrets there
            document = {**_yaml(path, ""), **document}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        return path

    def _open(self, stack: str, value: object, key: str, secret: list[tuple[str, str]]) -> object:
        """`value` with its `secure:` parts decrypted; each is noted in `secret` with the `key` it stands under."""
        if isinstance(value, list):
            return [self._open(stack, item, key, secret) for item in cast("list[object]", value)]
        if not isinstance(value, dict):
            return value
        fields = cast("dict[str, object]", value)
        if set(fields) != {"secure"}:
            return {name: self._open(stack, item, key, secret) for name, item in fields.items()}
        salt = _yaml(self.file(stack), "").get("encryptionsalt", "")
        text = Crypter.of(_passphrase(key), str(salt), where=self.file(stack).name).decrypt(str(fields["secure"]))
        secret.append((key, text))
        return text


def _passphrase(key: str) -> str:
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    passphrase = Path(file).read_text().strip() if file else os.environ.get("PULUMI_CONFIG_PASSPHRASE")
    if passphrase is None:
        raise RehearsalError(
            f"{key} is encrypted, and there is no passphrase",
            "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one it was encrypted with.",
        )
    return passphrase


def _yaml(path: Path, mend: str) -> dict[str, object]:
    try:
        document: object = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        raise RehearsalError(f"{path.name} is not in {path.parent}", mend) from None
    except UnicodeDecodeError as error:
        raise RehearsalError(f"{path.name} is not UTF-8 text (at byte {error.start})", "Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        problem = getattr(error, "problem", None) or "not YAML"
        raise RehearsalError(f"{path.name}, {place}: {problem}", "Mend the file's YAML there.") from None
    if not isinstance(document, dict):
        raise RehearsalError(f"{path.name} is not a mapping", "See Pulumi's documentation of the file.")
    return cast("dict[str, object]", document)


def _document(values: Mapping[str, object], kept: Mapping[str, object]) -> dict[str, object]:
    """`values` with what `-c` set, paths and all."""
    document = cast("dict[str, object]", json.loads(json.dumps(dict(values), default=str)))
    for key, value in kept.items():
        if not key.startswith("path "):
            document[key] = value
            continue
        namespace, _, selector = key.removeprefix("path ").partition(":")
        head, *rest = parse_path(selector)
        if not isinstance(head, str):
            raise RehearsalError(f"-c {selector}: a path must begin with a name", "Write it like weights.blue=0.")
        full = f"{namespace}:{head}"
        document[full] = _set(document.get(full), rest, value, selector) if rest else value
    return document


def _set(holder: object, path: Sequence[str | int], value: object, selector: str) -> object:
    """`holder` with `value` at `path`; numbers and booleans in text become what they say, as Pulumi has it."""
    if not path:
        return _typed(str(value))
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        items = list(cast("list[object]", holder)) if isinstance(holder, list) else []
        if head > len(items):
            raise RehearsalError(
                f"-c {selector}: there are only {len(items)} items", "Use an index that exists, or the next."
            )
        items[head : head + 1] = [_set(items[head] if head < len(items) else None, rest, value, selector)]
        return items
    if holder is not None and not isinstance(holder, dict):
        raise RehearsalError(f"-c {selector}: {head} would be set in what is not a mapping", "Mend the path.")
    fields = dict(cast("dict[str, object]", holder or {}))
    fields[head] = _set(fields.get(head), rest, value, selector)
    return fields


_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


def _typed(text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) else text
